import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("keys: backups and shares of the master key") struct CustodyTests {
    private let repo: Repo
    /// As little as Argon2 can be asked for: tests are not attacked.
    private static let cheap = ["--memory", "1", "--passes", "1"]

    init() async throws {
        repo = try await Repo("custody")
        try repo.scratch.write("passphrase", "correct horse battery\n")
        try await repo.check(["genkeys", "alice", "bob", "carol", "--path", "operators"])
    }

    private func publicKeys(_ names: [String] = ["alice", "bob", "carol"]) -> [String] {
        names.flatMap { ["--operator", "operators/\($0)-public-key.pem"] }
    }

    private func privateKeys(_ names: [String]) -> [String] {
        names.flatMap { ["--operator-key", "operators/\($0)-private-key.pem"] }
    }

    private func split(_ threshold: Int = 2, path: String = "shares") async throws {
        try await repo.check(["keys", "split", "--threshold", "\(threshold)", "--path", path] + publicKeys())
    }

    private func mode(_ file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: repo.scratch[file].string)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private var master: [UInt8] { get throws { try repo.scratch.read("keys/master-private-key.pem") } }

    @Test("a backup restores to the same key; its file is private, and nothing is replaced")
    func backup() async throws {
        let backup = ["keys", "backup", "--passphrase-file", "passphrase"] + Self.cheap
        let made = try await repo.run(backup + ["--output", "backup.pem", "--json"])
        #expect(made.text.wholeMatch(of: /\{"id":"[0-9a-f]{16}","backup":"backup.pem"\}\n/) != nil)
        #expect(try mode("backup.pem") == 0o600)
        let restored = try await repo.check(
            ["keys", "restore", "backup.pem", "--passphrase-file", "passphrase", "--path", "restored"])
        #expect(String(decoding: restored, as: UTF8.self).contains(" restored/master-private-key.pem restored/"))
        #expect(try repo.scratch.read("restored/master-private-key.pem") == master)
        #expect(
            try repo.scratch.read("restored/master-public-key.pem") == repo.scratch.read("keys/master-public-key.pem"))
        #expect(try mode("restored/master-private-key.pem") == 0o600)

        #expect(try await repo.run(backup + ["--output", "backup.pem"]).status == 73)
        let again = try await repo.run(["keys", "restore", "backup.pem", "--passphrase-file", "passphrase"])
        #expect(again.status == 73 && again.errors.contains("nothing is ever replaced"))

        // Printed and typed in again, from a descriptor.
        let printed = try await repo.check(backup)
        try repo.scratch.write("printed.pem", printed)
        let typed = try await Command.run(
            "bash",
            [
                "-c",
                "\(Programs.secretaryctl) keys restore printed.pem --path typed --passphrase-file /dev/fd/3 3<passphrase",
            ],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(typed.status == 0, "\(typed.errors)")
        #expect(try repo.scratch.read("typed/master-private-key.pem") == master)
    }

    @Test("wrong passphrases and files: clear errors, and nothing is written")
    func backupErrors() async throws {
        try repo.scratch.write("short", "eleven byte\n")
        let short = try await repo.run(["keys", "backup", "--passphrase-file", "short"] + Self.cheap)
        #expect(short.status == 64 && short.errors.contains("at least 12") && short.output.isEmpty)
        try await repo.check(
            ["keys", "backup", "--passphrase-file", "passphrase", "--output", "backup.pem"] + Self.cheap)
        func restore(_ file: String, _ passphrase: String) async throws -> CommandResult {
            try await repo.run(["keys", "restore", file, "--passphrase-file", passphrase, "--path", "restored"])
        }
        let wrong = try await restore("backup.pem", "short")
        #expect(wrong.status == 80 && wrong.errors.contains("the passphrase is wrong"))
        #expect(try await restore("keys/master-public-key.pem", "passphrase").status == 65)
        #expect(try await restore("none.pem", "passphrase").status == 66)
        #expect(try await restore("backup.pem", "none").status == 66)
        let terminal = try await Command.run(
            "setsid", ["-w", Programs.secretaryctl, "keys", "restore", "backup.pem"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(terminal.status == 66 && terminal.errors.contains("no terminal to ask"))
        #expect(!FileManager.default.fileExists(atPath: repo.scratch["restored"].string))
    }

    @Test("passphrases are asked for on the terminal, twice when they are new, and not shown")
    func terminal() async throws {
        let program = """
            import os, pty, sys
            answers = sys.argv[1].split(",")
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(sys.argv[2], sys.argv[2:])
            seen = b""
            while True:
                try:
                    seen += os.read(terminal, 1024)
                except OSError:
                    break
                if answers and seen.count(b": ") > seen.count(b": \\r\\n"):
                    os.write(terminal, answers.pop(0).encode() + b"\\n")
                    seen += b"\\r\\n"
            sys.stdout.buffer.write(seen)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        func run(_ answers: String, _ arguments: [String]) async throws -> CommandResult {
            try await Command.run(
                "python3", ["-c", program, answers, Programs.secretaryctl] + arguments,
                environment: Repo.basicEnvironment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
                { $1 },
                directory: repo.path)
        }
        let backup = ["keys", "backup", "--output", "typed.pem"] + Self.cheap
        let differ = try await run("correct horse battery,another horse battery", backup)
        #expect(differ.status == 64 && differ.text.contains("the two passphrases differ"))
        // A slip is taken back with the backspace key, and a line with Ctrl-U.
        let made = try await run("wrong\u{15}corrr\u{7F}ect horse battery,correct horse battery", backup)
        #expect(made.status == 0 && made.text.contains("once more: "))
        #expect(!made.text.contains("horse"))
        #expect(try await run("\u{03}", ["keys", "restore", "typed.pem", "--path", "a"]).status == 66)
        #expect(try await run("correct horse battery", ["keys", "restore", "typed.pem", "--path", "b"]).status == 0)
        #expect(try repo.scratch.read("b/master-private-key.pem") == master)
    }

    @Test("shares of any two of three operators make up the key again, with the set and without")
    func shares() async throws {
        let made = try await repo.run(
            ["keys", "split", "--threshold", "2", "--json", "--path", "shares"] + publicKeys())
        let json = try #require(try JSONSerialization.jsonObject(with: Data(made.output)) as? [String: Any])
        #expect(json["threshold"] as? Int == 2 && json["set"] as? String == "shares/shares.json")
        #expect(
            (json["shares"] as? [[String: Any]])?.compactMap { $0["operator"] as? String } == ["alice", "bob", "carol"])
        #expect(try mode("shares/share-1-alice.pem") == 0o600 && mode("shares/shares.json") == 0o644)
        let files = [
            "alice": "shares/share-1-alice.pem", "bob": "shares/share-2-bob.pem", "carol": "shares/share-3-carol.pem",
        ]
        for (number, pair) in [["alice", "bob"], ["carol", "alice"], ["bob", "carol"]].enumerated() {
            let set = number == 0 ? [] : ["--set", "shares/shares.json"]
            let combine = ["keys", "combine"] + pair.compactMap { files[$0] } + privateKeys(pair) + set
            try await repo.check(combine + ["--path", "combined\(number)"])
            #expect(try repo.scratch.read("combined\(number)/master-private-key.pem") == master)
            #expect(try await repo.run(combine).status == 73)
        }
    }

    @Test("shares that are too few, repeated, foreign, damaged or another's: clear errors, and nothing is written")
    func shareErrors() async throws {
        try await split()
        try await split(path: "others")
        func combine(_ shares: [String], _ names: [String] = ["alice", "bob"], set: String? = "shares/shares.json")
            async throws -> CommandResult
        {
            try await repo.run(
                ["keys", "combine"] + shares + privateKeys(names) + (set.map { ["--set", $0] } ?? [])
                    + ["--path", "combined"])
        }
        let (alice, bob) = ("shares/share-1-alice.pem", "shares/share-2-bob.pem")
        let few = try await combine([alice])
        #expect(few.status == 66 && few.errors.contains("hint: one more is needed"))
        let repeated = try await combine([alice, alice])
        #expect(repeated.status == 77 && repeated.errors.contains("share 1 was given before"))
        for set in ["shares/shares.json", nil] {
            let foreign = try await combine([alice, "others/share-2-bob.pem"], set: set)
            #expect(foreign.status == 80 && foreign.errors.contains("share 2 is of the set"))
        }
        let stranger = try await combine([alice, "shares/share-3-carol.pem"])
        #expect(stranger.status == 80 && stranger.errors.contains("none of the operators' keys opens the share"))
        let text = try repo.scratch.readText(bob)
        try repo.scratch.write("cut.pem", text.prefix(120).utf8)
        #expect(try await combine([alice, "cut.pem"]).status == 65)
        try repo.scratch.write("none.pem", "hello")
        #expect(try await combine(["none.pem"]).errors.contains("none.pem: not a share of a key"))
        #expect(try await combine(["absent.pem"]).status == 66)
        #expect(try await combine([alice, bob], set: alice).status == 65)
        #expect(!FileManager.default.fileExists(atPath: repo.scratch["combined"].string))
    }

    @Test("who splits a key is told what cannot be")
    func splitErrors() async throws {
        let many = try await repo.run(["keys", "split", "--threshold", "4"] + publicKeys())
        #expect(many.status == 64 && many.errors.contains("4 of 3 shares cannot be needed"))
        let twice = try await repo.run(["keys", "split", "--threshold", "1"] + publicKeys(["bob", "bob"]))
        #expect(twice.status == 64 && twice.errors.contains("named twice"))
        let one = try await repo.run(["keys", "split", "--threshold", "1"] + publicKeys())
        #expect(one.status == 0 && one.errors.contains("warning: one share is enough"))
        let again = try await repo.run(["keys", "split", "--threshold", "1"] + publicKeys())
        #expect(again.status == 73 && again.errors.contains("exists already"))
        #expect(try await repo.run(["keys", "split", "--threshold", "1"]).status == 64)
        try repo.scratch.write("operators/dave public.pem", repo.scratch.read("operators/bob-public-key.pem"))
        let name = try await repo.run(["keys", "split", "--threshold", "1", "--operator", "operators/dave public.pem"])
        #expect(name.status == 64 && name.errors.contains("cannot be called"))
    }
}

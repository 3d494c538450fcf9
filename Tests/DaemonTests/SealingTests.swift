import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: started without its master key") struct SealingTests {
    private let setup: DaemonSetup
    private static let operators = ["alice", "bob", "carol"]
    private static let passphrase = "correct horse battery"

    init() async throws {
        setup = try DaemonSetup()
        for name in Self.operators {
            try KeyFiles.write([(name: name, key: try PrivateKey.generate())], in: setup.scratch["operators"])
        }
        try await split("shares")
        try setup.scratch.write("passphrase", Self.passphrase + "\n")
    }

    private func split(_ folder: String) async throws {
        try await check(
            ["keys", "split", "master-private-key.pem", "--threshold", "2", "--path", folder]
                + Self.operators.flatMap { ["--operator", "operators/\($0)-public-key.pem"] })
    }

    private func configure(_ sealed: String, more: String = "") throws {
        try setup.configure(more: more)
        let text = try setup.scratch.readText("secretaryd.yml")
        try setup.scratch.write(
            "secretaryd.yml",
            text.replacing("master: master-private-key.pem", with: "sealed: \(sealed)")
                + "unseal: {socket: seal.sock}\n")
    }

    private func run(_ arguments: [String]) async throws -> CommandResult {
        try await Command.run(
            Programs.secretaryctl, arguments, environment: ["PATH": "/usr/bin:/bin"], directory: setup.scratch.path)
    }

    @discardableResult
    private func check(_ arguments: [String]) async throws -> String {
        let result = try await run(arguments)
        guard result.status == 0 else { throw CommandFailure(description: "\(arguments): \(result.errors)") }
        return result.text
    }

    private func unseal(_ number: Int, in folder: String = "shares", _ more: [String] = ["--socket", "seal.sock"])
        async throws -> CommandResult
    {
        let name = Self.operators[number - 1]
        return try await run(
            ["unseal", "\(folder)/share-\(number)-\(name).pem", "--operator-key", "operators/\(name)-private-key.pem"]
                + more)
    }

    /// Asks the daemon for a secret, as a task does.
    private func decrypt(_ daemon: RunningDaemon) async throws -> CommandResult {
        let envelope = try setup.envelope(scope: "/prod/shop/web")
        return try await Command.run(
            Programs.secretaryctl,
            [
                "decrypt", "-s", "http://127.0.0.1:\(daemon.port)", "--deploy-key", "deploy-private-key.pem",
                "--service-key", "service-private-key.pem", "--master-key", "master-public-key.pem", "--app-id",
                setup.claim.app, "--app-version", setup.claim.version, "--task-id", setup.claim.id,
            ], input: envelope.text, environment: ["PATH": "/usr/bin:/bin"], directory: setup.scratch.path)
    }

    @Test("with shares: sealed until there are enough; wrong ones are refused, each for its reason; and sealed again")
    func shares() async throws {
        try await split("others")
        try configure("shares/shares.json")
        let id = try setup.key("master").id
        try await setup.withDaemon { daemon in
            #expect(try await daemon.get("/readyz") == (503, "not ready: sealed: 0 of 2 shares of the key \(id)\n"))
            #expect(try await daemon.get("/v1/status").status == 200)
            #expect(try await daemon.metric("secretaryd_sealed") == 1)
            #expect(try await decrypt(daemon).status == 69)
            #expect(
                try await check(["unseal", "--status", "--socket", "seal.sock"]) == "\(id) sealed: 0 of 2 shares\n")

            #expect(try await unseal(3).text == "\(id) sealed: 1 of 2 shares (3)\n")
            let repeated = try await unseal(3)
            #expect(repeated.status == 77 && repeated.errors.contains("share 3 was given before"))
            let foreign = try await unseal(1, in: "others")
            #expect(foreign.status == 80 && foreign.errors.contains("share 1 is of another set"))
            let noPassphrase = try await run(["unseal", "--socket", "seal.sock", "--passphrase-file", "passphrase"])
            #expect(noPassphrase.status == 64 && noPassphrase.errors.contains("the daemon needs shares"))
            let json = try await check(["unseal", "--status", "--json", "--socket", "seal.sock"])
            #expect(json.contains(#""threshold":2,"given":[3]"#) && json.hasPrefix(#"{"sealed":true"#))
            #expect(try await daemon.get("/readyz").body.contains("sealed: 1 of 2 shares"))
            #expect(try await decrypt(daemon).status == 69)

            #expect(try await unseal(1).text == "\(id) unsealed\n")
            #expect(try await daemon.get("/readyz") == (200, "ready\n"))
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)
            #expect(try await unseal(2).errors.contains("there were enough shares"))

            try daemon.signal(SIGHUP)
            try await eventually("it has reloaded") { try await daemon.metric("secretaryd_reloads_total") == 1 }
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)

            #expect(try await check(["seal", "--socket", "seal.sock"]) == "\(id) sealed: 0 of 2 shares\n")
            #expect(try await daemon.get("/readyz").status == 503)
            #expect(try await decrypt(daemon).status == 69)
            for number in [2, 3] { #expect(try await unseal(number).status == 0) }
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)
            try nothingLeaked(daemon)
        }
        let given = try await records("unseal")
        #expect(given.count == 7)
        #expect(given[0].contains(#""uid":\#(geteuid()),"#) && given[0].contains("0 of 2 shares of the key \(id)"))
        #expect(given[3].contains("1 of 2 shares") && given[4].contains("unsealed"))
        let refused = try await records("failed").filter { $0.contains("the share was refused") }
        #expect(refused.count == 3 && refused[0].contains("share 3 was given before"))
        #expect(try await records("seal").count == 1)
        try await check(["audit", "verify", "audit.log"])
    }

    /// The records of this kind, as lines of JSON.
    private func records(_ event: String) async throws -> [Substring] {
        try await check(["audit", "show", "--json", "--event", event, "audit.log"]).split(separator: "\n")
    }

    @Test("a share that cannot be written down is not taken; but sealing does not depend on that")
    func blockedAudit() async throws {
        try configure("shares/shares.json")
        try await setup.withDaemon { daemon in
            #expect(try await unseal(1).status == 0)
            let (log, old) = (setup.scratch["audit.log"].string, setup.scratch["old.log"].string)
            unsafe rename(log, old)
            try setup.scratch.makeFolder("audit.log")
            let refused = try await unseal(2)
            #expect(refused.status == 69 && refused.errors.contains("could not be written down"))
            #expect(try await check(["seal", "--socket", "seal.sock"]).contains("0 of 2 shares"))
            #expect(try daemon.messages.contains("the keys are forgotten"))
            unsafe rmdir(log)
            for number in [1, 2] { #expect(try await unseal(number).status == 0) }
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)
        }
        try await check(["audit", "verify", "old.log", "audit.log"])
    }

    @Test("with a passphrase: a wrong one is refused; and a share does not fit")
    func passphrase() async throws {
        try await check(
            [
                "keys", "backup", "master-private-key.pem", "--output", "locked.pem", "--memory", "1", "--passes", "1",
                "--passphrase-file", "passphrase",
            ])
        try setup.scratch.write("wrong", "wrong horse battery")
        try configure("locked.pem")
        try await setup.withDaemon { daemon in
            #expect(try await daemon.get("/readyz").body.contains("needs its passphrase"))
            let give = ["unseal", "--socket", "seal.sock", "--passphrase-file"]
            let wrong = try await run(give + ["wrong"])
            #expect(wrong.status == 80 && wrong.errors.contains("the passphrase is wrong"))
            #expect(try await unseal(1).status == 80)
            #expect(try await check(give + ["passphrase"]).hasSuffix(" unsealed\n"))
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)
            let again = try await run(give + ["passphrase"])
            #expect(again.status == 64 && again.errors.contains("the daemon is not sealed"))
            try nothingLeaked(daemon)
        }
    }

    @Test(
        "what was given is in memory no longer than it is needed: the passphrase not at all, the key until it is sealed"
    )
    func memory() async throws {
        try await check(
            [
                "keys", "backup", "master-private-key.pem", "--output", "locked.pem", "--memory", "1", "--passes", "1",
                "--passphrase-file", "passphrase",
            ])
        try configure("locked.pem")
        let base64 = try setup.scratch.readText("master-private-key.pem").split(separator: "\n")[1]
        let raw = try #require(Data(base64Encoded: String(base64)).map { Array($0) })
        try await setup.withDaemon { daemon in
            #expect(try MemorySearch.search(pid: daemon.pid, for: raw).isEmpty)
            try await check(["unseal", "--socket", "seal.sock", "--passphrase-file", "passphrase"])
            #expect(try await decrypt(daemon).text == DaemonSetup.canary)
            // The control: it can be found, once, where it belongs.
            #expect(try MemorySearch.search(pid: daemon.pid, for: raw).count == 1)
            #expect(try MemorySearch.search(pid: daemon.pid, for: Array(base64.utf8)).isEmpty)
            #expect(try MemorySearch.search(pid: daemon.pid, for: Array(Self.passphrase.utf8)).isEmpty)
            try await check(["seal", "--socket", "seal.sock"])
            #expect(try MemorySearch.search(pid: daemon.pid, for: raw).isEmpty)
            #expect(try MemorySearch.search(pid: daemon.pid, for: Array(DaemonSetup.canary.utf8)).isEmpty)
        }
    }

    /// Nothing that was given is in a log.
    private func nothingLeaked(_ daemon: RunningDaemon) throws {
        let logs = try daemon.messages + setup.scratch.readText("audit.log")
        #expect(!logs.contains(Self.passphrase) && !logs.contains(DaemonSetup.canary))
        for name in ["master-private-key.pem", "operators/alice-private-key.pem"] {
            #expect(!logs.contains(String(try setup.scratch.readText(name).split(separator: "\n")[1])))
        }
    }

    private static let tls = ["--tls-cert-file", "tls.crt", "--tls-key-file", "tls.key"]

    private func tlsCertificate() async throws {
        try await Command.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout",
                "tls.key", "-out", "tls.crt", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            ], directory: setup.scratch.path)
    }

    @Test("where requests come in, shares are taken only by TLS, and only when that is wanted; nobody is sealed there")
    func remote() async throws {
        try configure("shares/shares.json")
        let (closed, _) = try await setup.withDaemon { daemon in try await daemon.get("/v2/seal").status }
        #expect(closed == 404)

        try setup.scratch.write(
            "secretaryd.yml",
            try setup.scratch.readText("secretaryd.yml").replacing(
                "{socket: seal.sock}", with: "{socket: seal.sock, tls: true}"))
        let refused = try await Command.run(
            Programs.folder.appending("secretaryd").string, ["--check", "--config", "secretaryd.yml"],
            environment: [:], directory: setup.scratch.path)
        #expect(refused.status == 78 && refused.errors.contains("unseal.tls is true, and there is no TLS"))

        try await tlsCertificate()
        try await setup.withDaemon(arguments: Self.tls) { daemon in
            let remote = ["-s", "https://127.0.0.1:\(daemon.port)", "--ca-file", "tls.crt"]
            #expect(try await unseal(1, remote).text.contains("sealed: 1 of 2 shares (1)"))
            #expect(try await unseal(2, remote).text.hasSuffix(" unsealed\n"))
            #expect(try await unseal(2, Array(remote.prefix(2))).status == 69)
            let sealing = try await Command.run(
                "curl",
                [
                    "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST",
                    "https://127.0.0.1:\(daemon.port)/v2/seal",
                ])
            #expect(sealing.text == "404")
        }
        #expect(try await records("unseal").allSatisfy { $0.contains(#""remote":"127.0.0.1"#) })
        #expect(try await unseal(1, ["-s", "http://127.0.0.1:1"]).status == 64)
        #expect(try await unseal(1, ["--socket", "none.sock"]).status == 69)
    }

    @Test("whoever guesses passphrases by TLS does not keep those out who are at the socket", .timeLimit(.minutes(5)))
    func guesses() async throws {
        try await check(
            [
                "keys", "backup", "master-private-key.pem", "--output", "locked.pem", "--memory", "64", "--passes", "4",
                "--passphrase-file", "passphrase",
            ])
        try configure("locked.pem")
        let text = try setup.scratch.readText("secretaryd.yml")
        try setup.scratch.write("secretaryd.yml", text.replacing("seal.sock}", with: "seal.sock, tls: true}"))
        try setup.scratch.write("wrong", "not the passphrase at all")
        try await tlsCertificate()
        try await setup.withDaemon(arguments: Self.tls) { daemon in
            let script = """
                while [ ! -e stop ]; do
                    "$0" unseal -s https://127.0.0.1:\(daemon.port) --ca-file tls.crt --passphrase-file wrong
                done
                """
            async let guesses: Void = withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { [setup] in
                        _ = try await Command.run(
                            "sh", ["-c", script, Programs.secretaryctl], environment: [:],
                            directory: setup.scratch.path)
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("a guess was refused because of another") {
                try daemon.messages.contains("another passphrase is tried")
            }
            let results = [
                try await run(["unseal", "--socket", "seal.sock", "--passphrase-file", "wrong"]),
                try await run(["unseal", "--socket", "seal.sock", "--passphrase-file", "wrong"]),
                try await run(["unseal", "--socket", "seal.sock", "--passphrase-file", "passphrase"]),
            ]
            try setup.scratch.write("stop", "")
            #expect(results.map(\.status) == [80, 80, 0], "\(results.map(\.errors))")
            try await guesses
        }
    }

    @Test("what is no box, too large, or not for this daemon is refused with a reason")
    func malformed() async throws {
        try configure("shares/shares.json")
        try await setup.withDaemon { daemon in
            func post(_ path: String, _ body: String) async throws -> String {
                try await Command.run(
                    "curl",
                    [
                        "-s", "-w", "%{http_code}", "--unix-socket", "seal.sock", "--data-binary", "@-",
                        "http://x\(path)",
                    ],
                    input: Array(body.utf8), directory: setup.scratch.path
                ).text
            }
            for (path, body, answer) in [
                ("/v2/seal/share", "&&&", "400"), ("/v2/seal/share", String(repeating: "A", count: 20_000), "400"),
                ("/v2/seal/share", String(repeating: "A", count: 156), "422"), ("/v2/seal/other", "", "404"),
                ("/v1/decrypt", "", "404"),
            ] {
                let text = try await post(path, body)
                #expect(text.hasSuffix(answer), "\(text)")
            }
        }
    }

    @Test(
        "nobody but root and the daemon's user gets in",
        .enabled(if: geteuid() == 0, "needs root to become another user"))
    func strangers() async throws {
        try configure("shares/shares.json")
        try await setup.withDaemon { _ in
            // Even when the socket's mode lets them.
            for file in ["", "seal.sock"] { unsafe chmod(setup.scratch.path.appending(file).string, 0o777) }
            let answer = try await Command.run(
                "setpriv",
                [
                    "--reuid", "65534", "--clear-groups", "curl", "-s", "-w", "%{http_code}", "--unix-socket",
                    setup.scratch["seal.sock"].string, "http://x/v2/seal",
                ])
            #expect(answer.text.hasSuffix("403") && !answer.text.contains("session_key"))
        }
    }

    @Test("files that are neither are named at the start")
    func wrongFiles() async throws {
        for (file, message) in [
            ("master-public-key.pem", "not a locked key"), ("none.pem", "cannot read"),
            ("policy.yml", "not a locked key"),
        ] {
            try configure(file)
            let result = try await Command.run(
                Programs.folder.appending("secretaryd").string, ["--check", "--config", "secretaryd.yml"],
                environment: [:], directory: setup.scratch.path)
            #expect(result.status != 0 && result.errors.contains(message) && result.errors.contains(file))
        }
    }
}

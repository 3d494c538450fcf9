import Foundation
import SecretaryCore
import TestSupport
import Testing

@Suite("help, version, and the interface for scripts") struct HelpTests {
    static let commands = [
        "", "init", "genkeys", "encrypt", "decrypt", "exec", "mount", "unmount", "explain", "credentials", "audit",
        "keys",
        "daemon", "unseal", "seal", "doctor", "version",
    ]
    static let subcommands = [
        "audit verify", "audit show", "audit who", "keys backup", "keys restore", "keys split", "keys combine",
    ]
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("help texts are as recorded (RECORD_SNAPSHOTS=1 records them)", arguments: commands + subcommands)
    func help(_ command: String) async throws {
        let repo = try await Repo(keys: false)
        let words = command.split(separator: " ").map(String.init)
        let result = try await repo.run(words + ["--help"])
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("USAGE: ") })
        if !command.isEmpty { #expect(try await repo.run(["help"] + words).output == result.output) }

        let name = command.isEmpty ? "secretaryctl" : "secretaryctl-\(command.replacing(" ", with: "-"))"
        let file = Self.root.appending(path: "Tests/CommandTests/Snapshots/\(name).txt")
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(result.output).write(to: file)
        }
        let recorded = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(result.text == recorded, "help of \(name) has changed; if that is meant: RECORD_SNAPSHOTS=1 swift test")
    }

    @Test("the list of commands tested here is all of them")
    func allCommands() async throws {
        let repo = try await Repo(keys: false)
        let dump =
            try JSONSerialization.jsonObject(
                with: Data(try await repo.check(["--experimental-dump-help"]))) as? [String: Any]
        let command = try #require(dump?["command"] as? [String: Any])
        let names = try #require(command["subcommands"] as? [[String: Any]]).compactMap { $0["commandName"] as? String }
        #expect(Set(names).subtracting(["help"]) == Set(Self.commands).subtracting([""]))
    }

    @Test("version, as text and as JSON")
    func version() async throws {
        let repo = try await Repo(keys: false)
        let version = String(decoding: try await repo.check(["version"]), as: UTF8.self)
        #expect(version.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
        #expect(try await repo.check(["--version"]) == Array(version.utf8))
        #expect(try await repo.check(["version", "--json"]) == Array("{\"version\":\"\(version.dropLast())\"}\n".utf8))
    }

    @Test(
        "mistakes on the command line: status 64, one line that begins with a small letter, and the usage",
        arguments: [
            ["nonsense"], ["encrypt", "--nonsense"], ["encrypt", "--scope"], ["decrypt", "x"], ["version", "x"],
            ["mount"],
        ])
    func mistakes(_ arguments: [String]) async throws {
        let repo = try await Repo(keys: false)
        let result = try await repo.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        let line = try #require(result.errorLines.first)
        #expect(line.wholeMatch(of: /secretaryctl: [^A-Z].*[^.]/) != nil, "\(line)")
        #expect(result.errors.contains("Usage: "))
    }

    @Test("colour is for terminals, and NO_COLOR turns it off")
    func colour() async throws {
        func errors(_ variables: String) async throws -> String {
            // util-linux's script runs a command on a terminal of its own.
            let result = try await Command.run(
                "script", ["-qec", "\(variables) \(Programs.secretaryctl) exec -- ./missing", "/dev/null"],
                environment: Repo.basicEnvironment)
            return result.text
        }
        #expect(try await errors("TERM=xterm").contains("\u{1B}["))
        #expect(try await !errors("TERM=xterm NO_COLOR=1").contains("\u{1B}["))
        #expect(try await errors("TERM=xterm NO_COLOR=").contains("\u{1B}["))
        #expect(try await !errors("TERM=dumb").contains("\u{1B}["))
        let repo = try await Repo(keys: false)
        #expect(
            try await !repo.run(["exec", "--", "./missing"], environment: ["TERM": "xterm"]).errors.contains("\u{1B}["))
    }

    @Test("names from elsewhere cannot move the cursor or forge a line")
    func controlCharacters() async throws {
        let repo = try await Repo(keys: false)
        let result = try await repo.run(["exec", "--", "./a\u{1B}[2J\nsecretaryctl: forged"])
        #expect(result.errors == "secretaryctl: cannot run ./a\\u{1B}[2J\\nsecretaryctl: forged: not found\n")
    }

    @Test("completions are shell code")
    func completions() async throws {
        let repo = try await Repo(keys: false)
        for shell in ["bash", "zsh", "fish"] {
            let script = try await repo.check(["--generate-completion-script", shell])
            #expect(String(decoding: script, as: UTF8.self).contains("decrypt-env"))
        }
        let script = try await repo.check(["--generate-completion-script", "bash"])
        try await Command.check("bash", ["-n"], input: script)
    }

    @Test("the exit statuses are those of Documentation/cli-abi.md", arguments: SecretaryError.Code.allCases)
    func exitStatuses(_ code: SecretaryError.Code) throws {
        let text = try String(contentsOf: Self.root.appending(path: "Documentation/cli-abi.md"), encoding: .utf8)
        #expect(text.contains("| \(code.rawValue) | \(code) | "))
    }

    @Test("every command and every option is in Documentation/cli-abi.md or the page that it names")
    func documented() async throws {
        let text = try String(contentsOf: Self.root.appending(path: "Documentation/cli-abi.md"), encoding: .utf8)
        let repo = try await Repo(keys: false)
        for command in Self.commands + Self.subcommands where !command.isEmpty {
            #expect(text.contains("## \(command)\n"))
            let words = command.split(separator: " ").map(String.init)
            let help = String(decoding: try await repo.check(words + ["--help"]), as: UTF8.self)
            for match in help.matches(of: /\s--([a-z-]+)/) where !["help", "version"].contains(String(match.1)) {
                #expect(text.contains("--\(match.1)"), "\(command) --\(match.1)")
            }
        }
    }
}

import TestSupport
import Testing

@Suite("decrypt --decrypt-env") struct DecryptEnvironmentTests {
    static let nasty: [[UInt8]] = [
        [], Array("plain".utf8), Array("it's".utf8), Array("'".utf8), Array("''''".utf8),
        Array("'; echo pwned; '".utf8),
        Array("$(touch pwned) `touch pwned` ${HOME} $$ !! ~ *".utf8), Array("\\ \\n \\' \"\\\"\"".utf8),
        Array("two\nlines\n\n".utf8), Array("\r\n\ttab ".utf8), Array("-n -e --".utf8), Array("ä✓\u{1F512}".utf8),
        (1...255).map { UInt8($0) }, [0xFF, 0xFE, 0x27, 0x80],
    ]

    @Test("eval in a real shell gives exactly the value", arguments: nasty)
    func eval(_ value: [UInt8]) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope(value)
        let output = try await Command.check(
            "sh", ["-c", "eval \"$(\(Programs.secretaryctl) decrypt -e)\" && printf %s \"$VALUE\""],
            environment: Repo.basicEnvironment.merging(["VALUE": envelope]) { $1 }, directory: repo.path)
        #expect(output == value)
        #expect(try Scratch.list(repo.path) == ["keys"])
    }

    @Test("the variables are exported, and only those that hold envelopes are printed")
    func onlyEnvelopes() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        let result = try await repo.run(
            ["decrypt", "--decrypt-env"],
            environment: ["A": "pre-\(envelope)-\(envelope)", "PLAIN": "y", "LOOKS": "ENC[OTHER,AAAA]"])
        #expect(result.text == "export A='pre-x-x'\n")
    }

    @Test("nothing to decrypt prints nothing and needs no key")
    func nothing() async throws {
        let repo = try await Repo(keys: false)
        let result = try await repo.run(["decrypt", "-e"])
        #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty)
    }

    @Test("all or nothing: every name that fails is listed, none is printed")
    func allOrNothing() async throws {
        let repo = try await Repo()
        let stranger = try await Repo()
        let good = try await repo.envelope("fine")
        let result = try await repo.run(
            ["decrypt", "-e"],
            environment: [
                "GOOD": good, "WRONG_KEY": try await stranger.envelope("x"), "BROKEN": "ENC[NACL,AAAA]",
                "NUL": try await repo.envelope([65, 0, 66]), "a-b": good,
            ])
        #expect(result.output.isEmpty)
        #expect(result.status != 0)
        let errors = result.errors
        for name in [
            "WRONG_KEY: ", "BROKEN: ", "NUL: the value holds a NUL byte", "a-b: the name is not a shell identifier",
        ] {
            #expect(errors.contains("secretaryctl: \(name)"))
        }
        #expect(errors.contains("cannot decrypt 4 of 5 secrets"))
        #expect(!errors.contains("GOOD") && !errors.contains("fine"))
    }

    @Test("a name that would be code is refused", arguments: ["A;touch pwned", "A B", "1A", "Ä", "A$(x)", "A'B"])
    func names(_ name: String) async throws {
        let repo = try await Repo()
        // env passes names that no shell would.
        let result = try await Command.run(
            "env", ["\(name)=\(try await repo.envelope("x"))", Programs.secretaryctl, "decrypt", "-e"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.status == 65)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("not a shell identifier"))
    }

    @Test("a scope with a name opens only for the variable of that name")
    func scopedNames() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x", ["--format", "hpke", "--scope", "/app#RIGHT"])
        let right = try await repo.run(["decrypt", "-e", "--app", "/app"], environment: ["RIGHT": envelope])
        #expect(right.text == "export RIGHT='x'\n")
        let wrong = try await repo.run(["decrypt", "-e", "--app", "/app"], environment: ["WRONG": envelope])
        #expect(wrong.status == 77 && wrong.output.isEmpty)
    }
}

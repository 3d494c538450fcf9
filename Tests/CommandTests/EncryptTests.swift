import TestSupport
import Testing

@Suite("encrypt and decrypt") struct EncryptTests {
    @Test("every format comes back as it was", arguments: ["nacl", "hpke"], [0, 1, 47, 48, 49, 5000])
    func roundTrip(_ format: String, _ count: Int) async throws {
        let repo = try await Repo()
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let envelope = try await repo.envelope(plaintext, ["--format", format])
        #expect(envelope.hasPrefix("ENC[\(format.uppercased()),") && envelope.hasSuffix("]"))
        #expect(try await repo.check(["decrypt"], input: Array(envelope.utf8)) == plaintext)
    }

    @Test("--wrap breaks lines after 64 characters, the last one too", arguments: ["-w", "--wrap"])
    func wrapped(_ flag: String) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope(String(repeating: "x", count: 200), [flag])
        let lines = envelope.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.dropLast(2).allSatisfy { $0.count == 64 })
        #expect((1...64).contains(lines[lines.count - 2].count))
        #expect(
            try await repo.check(["decrypt"], input: Array("<\(envelope)>".utf8))
                == Array("<\(String(repeating: "x", count: 200))\n>".utf8))
    }

    @Test("a terminal gets a newline after the envelope, a pipe does not")
    func terminal() async throws {
        let repo = try await Repo()
        #expect(try await repo.envelope("x").hasSuffix("]"))
        // util-linux's script runs a command on a terminal of its own, which turns \n into \r\n.
        let result = try await Command.run(
            "script", ["-qec", "printf x | \(Programs.secretaryctl) encrypt", "/dev/null"], directory: repo.path)
        #expect(result.text.hasSuffix("]\r\n"))
    }

    @Test("text without envelopes needs no key and passes through untouched")
    func plainText() async throws {
        let repo = try await Repo(keys: false)
        let text = (0...255).map { UInt8($0) } + Array("ENC[NACL,!] ENC[FOO,AAAA] ENC[NACL,AAAA".utf8)
        #expect(try await repo.check(["decrypt"], input: text) == text)
    }

    @Test("what precedes a broken envelope is written, what follows is not, and the place is named")
    func stopsAtFailure() async throws {
        let repo = try await Repo()
        let good = try await repo.envelope("good")
        let result = try await repo.run(["decrypt"], input: Array("a\n\(good)\nENC[NACL,AAAA] \(good)\n".utf8))
        #expect(result.text == "a\ngood\n")
        #expect(result.status == 65)
        #expect(result.errorLines.first?.hasPrefix("secretaryctl: line 3, envelope 2: malformed NACL envelope") == true)
    }

    @Test(
        "a scope opens for its app and those below it, and without an app",
        arguments: [
            ("/prod/shop", "/prod/shop", true), ("/prod/shop", "/prod/shop/web", true), ("/prod/shop", "/prod", false),
            ("/prod/shop", "/prod/shopping", false), ("/", "/any", true), ("/prod/shop", "", true),
        ])
    func scopes(_ scope: String, _ app: String, _ opens: Bool) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x", ["--format", "hpke", "--scope", scope])
        for variant in [["--app", app], ["--app-id", app]] {
            let result = try await repo.run(["decrypt"] + (app.isEmpty ? [] : variant), input: Array(envelope.utf8))
            #expect(result.status == (opens ? 0 : 77))
            #expect(result.text == (opens ? "x" : ""))
        }
        let result = try await repo.run(["decrypt"], input: Array(envelope.utf8), environment: ["MARATHON_APP_ID": app])
        #expect(result.status == (opens ? 0 : 77))
    }

    @Test("the format is that of .secretary.yaml, its keys are used, and --format wins")
    func settings() async throws {
        let repo = try await Repo()
        try await repo.check(["genkeys", "--path", "prod/keys"])
        try repo.scratch.write(
            ".secretary.yaml",
            """
            version: 1
            format: hpke
            keys: { master: keys/master-public-key.pem, config: keys/config-private-key.pem }
            environments:
              - path: prod/**
                keys: { master: prod/keys/master-public-key.pem, config: prod/keys/config-private-key.pem }
            """)
        #expect(try await repo.envelope("x").hasPrefix("ENC[HPKE,"))
        #expect(try await repo.envelope("x", ["--format", "nacl"]).hasPrefix("ENC[NACL,"))
        let inside = try await Command.check(
            Programs.secretaryctl, ["encrypt"], input: [1, 2], environment: Repo.basicEnvironment,
            directory: repo.scratch["prod"])
        let refused = try await repo.run(["decrypt"], input: inside)
        #expect(refused.status == 80 && refused.errors.contains("unknown master key"))
        let opened = try await repo.check(
            [
                "decrypt", "--private-key", "prod/keys/master-private-key.pem", "--config-key",
                "prod/keys/config-public-key.pem",
            ],
            input: inside)
        #expect(opened == [1, 2])
    }

    @Test("the policy for secrets without a scope binds an app", arguments: [("allow", 0), ("warn", 0), ("deny", 77)])
    func unscoped(_ policy: String, _ status: Int32) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x", ["--format", "nacl"])
        try repo.scratch.write(".secretary.yaml", "version: 1\nunscoped: \(policy)\n")
        #expect(try await repo.check(["decrypt"], input: Array(envelope.utf8)) == [120])
        let result = try await repo.run(["decrypt", "--app", "/a"], input: Array(envelope.utf8))
        #expect(result.status == status)
        #expect(result.errors.isEmpty == (policy == "allow"))
    }

    @Test(
        "what cannot be sealed is refused before the secret is read",
        arguments: [
            (["--scope", "/a"], Int32(64), "a scope needs the format hpke or kms"),
            (["--format", "hpke", "--scope", "a"], 64, "does not begin with /"),
            (["--format", "kms"], 64, "needs a key in KMS"),
            (["--kms-key-id", "alias/x"], 66, "no AWS region"),
            (["--kms-key-id", "arn:aws:kms:eu-west-1:1:key/x"], 66, "no AWS credentials"),
            (["--format", "gpg"], 64, "nacl"),
        ])
    func refused(_ arguments: [String], _ status: Int32, _ message: String) async throws {
        let repo = try await Repo()
        let result = try await repo.run(["encrypt"] + arguments, input: [1], environment: EncryptTests.noAWS)
        #expect(result.status == status)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test("KMS_KEY_ID asks for a KMS envelope, as in the original; --format wins")
    func kmsVariable() async throws {
        let repo = try await Repo()
        let result = try await repo.run(
            ["encrypt"], input: [1], environment: ["KMS_KEY_ID": "alias/x"].merging(EncryptTests.noAWS) { $1 })
        #expect(result.status == 66)
        #expect(result.errors.contains("no AWS region"))
        #expect(
            try await repo.run(["encrypt", "--format", "nacl"], input: [1], environment: ["KMS_KEY_ID": "alias/x"])
                .status == 0)
    }

    /// A machine that knows nothing of AWS.
    private static let noAWS = ["HOME": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true"]

    @Test("KMS envelopes need no NaCl key; without AWS credentials every place is named that was looked at")
    func kmsEnvelope() async throws {
        let repo = try await Repo(keys: false)
        let vectors: [Vectors.KMS] = Vectors.load("kms-gob")
        let result = try await repo.run(
            ["decrypt"], input: Array(try #require(vectors.first).Envelope.utf8),
            environment: ["AWS_REGION": "eu-west-1"].merging(EncryptTests.noAWS) { $1 })
        #expect(result.status == 66)
        for place in [
            "$AWS_ACCESS_KEY_ID", "$AWS_WEB_IDENTITY_TOKEN_FILE", "profile 'default' in /nowhere/.aws/credentials",
            "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "$AWS_EC2_METADATA_DISABLED",
        ] {
            #expect(result.errors.contains(place), "\(place): \(result.errors)")
        }
    }

    @Test("a secret of 16 MiB is the largest")
    func largest() async throws {
        let repo = try await Repo()
        let limit = 16 << 20
        let envelope = try await repo.check(["encrypt"], input: [UInt8](repeating: 7, count: limit))
        #expect(try await repo.check(["decrypt"], input: envelope).count == limit)
        let result = try await repo.run(["encrypt"], input: [UInt8](repeating: 7, count: limit + 1))
        #expect(result.status == 65)
        #expect(result.errors.contains("larger than 16 MiB"))
        #expect(result.output.isEmpty)
    }
}

import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

private let hasPython = PythonServer.python != nil
private let canMount = unsafe geteuid() == 0 && access("/dev/fuse", F_OK) == 0

/// Against `Programs/aws.py`, which fails as it is told.
@Suite("KMS failures", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct KMSFailureTests {
    @Test(
        "each has its exit status and its words",
        arguments: [
            ("AccessDeniedException", Int32(77), "denies GenerateDataKey (the words of AWS)"),
            ("NotFoundException", 66, "does not know the key"),
            ("DisabledException", 77, "cannot be used now"), ("KMSInvalidStateException", 77, "cannot be used now"),
            ("ValidationException", 64, "cannot use the key"),
            ("ExpiredTokenException", 69, "have expired: those of $AWS_ACCESS_KEY_ID"),
            ("UnrecognizedClientException", 77, "does not know the credentials of $AWS_ACCESS_KEY_ID"),
            ("SomethingNewException", 69, "SomethingNewException, status 400"),
        ])
    func final(_ name: String, _ status: Int32, _ message: String) async throws {
        try await AWSHost.run { host in
            let result = try await host.encrypt(AWSHost.keys, key: "fail-\(name)-9")
            #expect(result.status == status)
            #expect(result.errors.contains(message), "\(result.errors)")
            #expect(try host.log().count == 1, "tried again in vain")
        }
    }

    @Test(
        "what passes is tried again, and given up after five tries",
        arguments: [
            ("ThrottlingException", "throttles"), ("KMSInternalException", "KMSInternalException, status 500"),
            ("Html", "status 503"),
        ])
    func passing(_ name: String, _ message: String) async throws {
        try await AWSHost.run { host in
            #expect(try await host.encrypt(AWSHost.keys, key: "fail-\(name)-4").status == 0)
            #expect(try host.log().count == 5)
            let result = try await host.encrypt(AWSHost.keys, key: "fail-\(name)-5")
            #expect(result.status == 69)
            #expect(result.errors.contains(message) && !result.errors.contains("hunter2"), "\(result.errors)")
            #expect(try host.log().count == 10)
        }
    }

    @Test("a wrong secret key is said to be wrong")
    func signature() async throws {
        try await AWSHost.run { host in
            let result = try await host.encrypt(
                AWSHost.keys.merging(["AWS_SECRET_ACCESS_KEY": "env+secret/kez"]) { $1 })
            #expect(result.status == 77)
            #expect(result.errors.contains("does not accept the signature"))
            #expect(!result.errors.contains("kez"))
        }
    }

    @Test("a scope is the encryption context, for both calls")
    func context() async throws {
        try await AWSHost.run { host in
            let scope = "/prod/shop/web#PÄSS \"WORD\""
            let sealed = try await host.encrypt(AWSHost.keys, ["--scope", scope])
            #expect(sealed.status == 0, "\(sealed.errors)")
            #expect(try await host.decrypt(sealed.output, AWSHost.keys).output == Array("hunter2".utf8))
            #expect(
                try host.log().allSatisfy { $0.contains(#"{"secretary:scope": "/prod/shop/web#P\u00c4SS \"WORD\""}"#) })
            #expect(try host.log().count == 2)
        }
    }
}

/// Against moto, a KMS that somebody else has written, beside the AWS CLI and PyNaCl.
@Suite("KMS with moto", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct KMSMotoTests {
    private struct Host: Sendable {
        let server: PythonServer
        let scratch: Scratch

        var key: String { server.words[1] }

        func run(
            _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
        ) async throws -> CommandResult {
            try await Command.run(
                Programs.secretaryctl, arguments, input: input,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": "/nowhere", "AWS_REGION": "eu-west-1",
                    "AWS_ENDPOINT_URL_KMS": server.url, "AWS_ACCESS_KEY_ID": "AKIAOURS",
                    "AWS_SECRET_ACCESS_KEY": "ours",
                ].merging(environment) { $1 }, directory: scratch.path)
        }

        func envelope(_ plaintext: [UInt8], _ arguments: [String]) async throws -> [UInt8] {
            let result = try await run(["encrypt"] + arguments, input: plaintext)
            guard result.status == 0 else { throw CommandFailure(description: result.errors) }
            return result.output
        }

        func peer(_ arguments: [String], _ input: [UInt8]) async throws -> [UInt8] {
            try await Command.check(
                PythonServer.python ?? "",
                [WebServer.programs.appending("kms_peer.py").string, server.url] + arguments,
                input: input)
        }
    }

    private func withMoto(_ body: (Host) async throws -> Void) async throws {
        let scratch = try Scratch("kms")
        try await PythonServer.run(WebServer.programs.appending("moto_kms.py")) { server in
            try await body(Host(server: server, scratch: scratch))
        }
    }

    private static let plaintexts: [[UInt8]] = [
        [], Array("hunter2".utf8), Array(0...255), [UInt8](repeating: 7, count: 99_999),
    ]

    @Test("the AWS CLI and PyNaCl open what we seal, and we open what they seal, with and without a scope")
    func interoperable() async throws {
        try await withMoto { host in
            for (plaintext, scope) in zip(Self.plaintexts, [nil, nil, "/prod/shop/web#PÄSSWORD", "/"]) {
                let arguments = ["--kms-key-id", scope == nil ? host.key : "alias/secretary"]
                let sealed = try await host.envelope(plaintext, arguments + (scope.map { ["--scope", $0] } ?? []))
                #expect(try await host.peer(["open"], sealed) == plaintext)
                let theirs = try await host.peer(["seal"] + (scope.map { [$0] } ?? []), plaintext)
                let opened = try await host.run(["decrypt"], input: theirs)
                #expect(opened.output == plaintext, "\(opened.errors)")
            }
        }
    }

    @Test("a mount opens them without any key at hand, and serves them on while KMS is silent", .enabled(if: canMount))
    func mounted() async throws {
        try await withMoto { host in
            let envelope = try await host.envelope(Array("hunter2".utf8), ["--kms-key-id", "alias/secretary"])
            try host.scratch.write("app.yml", "key: \(String(decoding: envelope, as: UTF8.self))\n")
            let mountpoint = try host.scratch.makeFolder("mnt")
            let mount = try await host.run(["mount", "--fresh", "0", "app.yml", "mnt"])
            try #require(mount.status == 0, "\(mount.errors)")
            let file = mountpoint.appending("key").string
            let first = try await Command.run("cat", [file])
            kill(host.server.pid, SIGSTOP)
            let second = try await Command.run("cat", [file])
            kill(host.server.pid, SIGCONT)
            #expect(try await host.run(["unmount", "mnt"]).status == 0)
            #expect(first.text == "hunter2", "\(first.errors)")
            #expect(second.text == "hunter2", "\(second.errors)")
        }
    }

    @Test("KMS, HPKE and NACL go together in one input, in variables and in arguments")
    func mixed() async throws {
        try await withMoto { host in
            #expect(try await host.run(["genkeys"]).status == 0)
            let kms = ["--kms-key-id", "alias/secretary"]
            let envelopes = [
                try await host.envelope([97], kms),
                try await host.envelope([98], ["--format", "hpke", "--scope", "/a#B"]),
                try await host.envelope([99], ["--format", "nacl"]),
                try await host.envelope([100], kms + ["--scope", "/a#D"]),
            ].map { String(decoding: $0, as: UTF8.self) }
            let decrypted = try await host.run(["decrypt"], input: Array(envelopes.joined(separator: "-").utf8))
            #expect(decrypted.text == "a-b-c-d", "\(decrypted.errors)")
            let variables = Dictionary(uniqueKeysWithValues: zip(["A", "B", "C", "D"], envelopes))
            let script = try await host.run(["decrypt", "-e", "--app", "/a"], environment: variables)
            #expect(
                Set(script.text.split(separator: "\n")) == [
                    "export A='a'", "export B='b'", "export C='c'", "export D='d'",
                ])
            let command = ["exec", "--app", "/a", "--", "sh", "-c", "printf %s \"$A$B$C$D$1\"", "x", envelopes[0]]
            let executed = try await host.run(command, environment: variables)
            #expect(executed.text == "abcda", "\(executed.errors)")
            let other = try await host.run(["exec", "--app", "/b", "--", "true"], environment: variables)
            #expect(other.status == 77)
            #expect(other.errors.contains("cannot decrypt 2 of 4 secrets"), "\(other.errors)")
        }
    }

    @Test("another region, an unknown key, a changed scope: each is refused with its reason")
    func refused() async throws {
        try await withMoto { host in
            let sealed = try await host.envelope([1], ["--kms-key-id", host.key, "--scope", "/a"])
            let elsewhere = try await host.run(["decrypt"], input: sealed, environment: ["AWS_REGION": "us-east-1"])
            #expect(elsewhere.status == 77)
            #expect(elsewhere.errors.contains("in us-east-1") && elsewhere.errors.contains("AWS_REGION"))
            let unknown = try await host.run(["encrypt", "--kms-key-id", "alias/nothing"], input: [1])
            #expect(unknown.status == 66)
            #expect(unknown.errors.contains("'alias/nothing'"))
            let payload = try #require(Value(scanning: sealed).envelopes.first).payload
            var changed = payload
            changed[changed.count - 2] = UInt8(ascii: "b")
            let envelope = try Envelope(kind: .kms, payload: changed)
            #expect(envelope.scope?.description == "/b")
            let forged = try await host.run(["decrypt"], input: envelope.text)
            #expect(forged.status == 80)
            #expect(forged.errors.contains("its scope was changed") && forged.output.isEmpty)
        }
    }
}

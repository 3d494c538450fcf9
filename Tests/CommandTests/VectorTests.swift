import Foundation
import TestSupport
import Testing

/// Envelopes that other programs made; see the files' own descriptions.
enum Vectors {
    struct File: Decodable {
        var keys: [String: String]
        var cases: [Case]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var comment: String
        var envelope: String?
        var input: String?
        var expect: String
        var plaintext_b64: String?
        var output_b64: String?

        var testDescription: String { comment }
    }

    struct KMS: Decodable {
        var Envelope: String
    }

    static func load<File: Decodable>(_ name: String) -> File {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "SecretaryCoreTests/Vectors/\(name).json")
        do {
            return try JSONDecoder().decode(File.self, from: Data(contentsOf: file))
        } catch {
            fatalError("\(file): \(error)")
        }
    }

    static let nacl: File = load("nacl")
    static let hpke: File = load("hpke")
}

/// The vectors of the original program and of an independent HPKE implementation, through the command line.
@Suite("vectors through decrypt") struct VectorTests {
    private func check(_ vector: Vectors.Case, _ keys: [String: String]) async throws {
        let repo = try await Repo(keys: false)
        let input = try #require(vector.envelope ?? vector.input)
        let result = try await repo.run(
            ["decrypt"], input: Array(input.utf8),
            environment: [
                "MASTER_PRIVATE_KEY": try #require(keys["master-private"]),
                "CONFIG_PUBLIC_KEY": try #require(keys["config-public"]),
            ])
        switch vector.expect {
        case "ok", "output":
            let expected = try #require(Data(base64Encoded: vector.plaintext_b64 ?? vector.output_b64 ?? ""))
            // What stands behind the envelope, as the newline that --wrap writes, stays.
            let rest = vector.envelope?.split(separator: "]", omittingEmptySubsequences: false).last ?? ""
            #expect(result.output == Array(expected) + Array(rest.utf8))
            #expect(result.status == 0 && result.errors.isEmpty)
        default:
            #expect(result.output.isEmpty)
            // Broken, or no key fits: see Documentation/cli-abi.md.
            #expect(result.status == 65 || result.status == 80, "\(result.errors)")
            #expect(result.errors.hasPrefix("secretaryctl: line 1, envelope 1: "))
            if vector.expect != "error" { #expect(result.errors.contains(vector.expect)) }
        }
    }

    @Test("NACL envelopes of the original program", arguments: Vectors.nacl.cases)
    func nacl(_ vector: Vectors.Case) async throws { try await check(vector, Vectors.nacl.keys) }

    @Test("HPKE envelopes of an independent implementation", arguments: Vectors.hpke.cases)
    func hpke(_ vector: Vectors.Case) async throws { try await check(vector, Vectors.hpke.keys) }

    static let python = ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"]

    @Test(
        "what encrypt writes, PyNaCl opens as the original does",
        .enabled(if: python != nil, "needs SECRETARY_TEST_PYTHON, which make test sets"), arguments: [[], ["--wrap"]])
    func opensElsewhere(_ arguments: [String]) async throws {
        let repo = try await Repo()
        let plaintext = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let envelope = try await repo.envelope(plaintext, arguments)
        try repo.scratch.write("envelope", envelope)
        let script = """
            import base64, re, sys
            from nacl.public import Box, PrivateKey, PublicKey
            def key(name): return base64.b64decode("".join(open("keys/" + name).read().split("\\n")[1:-2]))
            box = Box(PrivateKey(key("master-private-key.pem")), PublicKey(key("config-public-key.pem")))
            text = re.fullmatch(r"ENC\\[NACL,([^\\]]*)\\]\\s*", open("envelope").read()).group(1)
            sys.stdout.buffer.write(box.decrypt(base64.b64decode(text)))
            """
        let output = try await Command.check(try #require(Self.python), ["-c", script], directory: repo.path)
        #expect(output == plaintext)
    }
}

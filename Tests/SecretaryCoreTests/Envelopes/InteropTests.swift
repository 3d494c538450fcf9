import Foundation
import SecretaryCore
import Testing
import TestSupport

/// Exchanges envelopes with pyhpke and PyNaCl, in the Python that `SECRETARY_TEST_PYTHON` names (`make test` sets it up).
@Suite("Interoperability with pyhpke and PyNaCl")
struct InteropTests {
    private struct Request: Encodable {
        var `do`: String
        var type: String?
        var master: String
        var config: String
        var scope: String?
        var plaintext: Data?
        var envelope: String?
    }

    private struct Opened: Decodable, Equatable {
        let scope: String
        let plaintext: Data
    }

    private static let messages: [(scope: String, plaintext: [UInt8])] = [
        ("", []), ("/", [0]), ("/prod/shop/web#DATABASE_PASSWORD", Array("hunter2".utf8)),
        ("/prod/über#NÄME", Array("pässwörd ✓\n".utf8)), ("/" + String(repeating: "s", count: 254), Array(0...255)),
        ("/large", (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 7) }),
    ]

    private func ask<Answer: Decodable>(_ requests: [Request], as: Answer.Type = Answer.self) async throws -> [Answer] {
        let python = try #require(
            ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"],
            "set SECRETARY_TEST_PYTHON to a Python with pyhpke and PyNaCl, or run `make test`")
        let peer = Bundle.module.bundleURL.appending(path: "Interop/peer.py").path
        let output = try await Command.check(python, [peer], input: Array(JSONEncoder().encode(requests)))
        return try JSONDecoder().decode([Answer].self, from: Data(output))
    }

    /// The base64 in a PEM text, which is what the peer takes.
    private func base64(_ pem: [UInt8]) -> String {
        String(String(decoding: pem, as: UTF8.self).split(separator: "\n")[1])
    }

    @Test("they open what we seal", arguments: [Envelope.Kind.hpke, .nacl])
    func theyOpen(_ kind: Envelope.Kind) async throws {
        let keys = try TestKeys()
        let (master, config) = (base64(try keys.master.text), base64(keys.config.publicKey.pem))
        let requests = try InteropTests.messages.map { message in
            let scope = message.scope.isEmpty || kind == .nacl ? nil : try Scope(parsing: message.scope)
            let sealer: any Sealer = kind == .hpke ? try keys.hpkeSealer : try keys.naclSealer
            let envelope = try sealer.seal(message.plaintext, scope: scope)
            return Request(
                do: "open", master: master, config: config, envelope: String(decoding: envelope.text, as: UTF8.self))
        }
        let answers: [Opened] = try await ask(requests)
        #expect(answers.map { Array($0.plaintext) } == InteropTests.messages.map(\.plaintext))
        #expect(answers.map(\.scope) == InteropTests.messages.map { kind == .hpke ? $0.scope : "" })
    }

    @Test("we open what they seal", arguments: [Envelope.Kind.hpke, .nacl])
    func weOpen(_ kind: Envelope.Kind) async throws {
        let keys = try TestKeys()
        let (master, config) = (base64(keys.master.publicKey.pem), base64(try keys.config.text))
        let requests = InteropTests.messages.map { message in
            Request(
                do: "seal", type: kind.rawValue, master: master, config: config, scope: message.scope,
                plaintext: Data(message.plaintext))
        }
        let answers: [String] = try await ask(requests)
        for (answer, message) in zip(answers, InteropTests.messages) {
            let envelope = try #require(Value(answer).envelopes.first)
            #expect(envelope.plaintextCount == message.plaintext.count)
            #expect(envelope.scope?.description ?? "" == (kind == .hpke ? message.scope : ""))
            #expect(try keys.decryptor.open(envelope) == message.plaintext)
        }
        #expect(answers.count == InteropTests.messages.count)
    }
}

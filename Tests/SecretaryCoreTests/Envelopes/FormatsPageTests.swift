import Foundation
import SecretaryCore
import Testing

@Suite("The examples in Documentation/formats.md")
struct FormatsPageTests {
    private let page: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        page = try String(contentsOf: root.appending(path: "Documentation/formats.md"), encoding: .utf8)
    }

    /// The hexadecimal bytes of the lines after `text`, up to the end of the example.
    private func bytes(after text: String) throws -> [UInt8] {
        let start = try #require(page.range(of: text)).upperBound
        return page[start...].prefix { $0 != "`" }.split(separator: "\n").filter { !$0.hasPrefix("digest") }.flatMap {
            $0.split(separator: " ").prefix { UInt8($0, radix: 16) != nil && $0.count == 2 }
                .compactMap { UInt8($0, radix: 16) }
        }
    }

    @Test("the payloads are taken apart as they are")
    func payloads() throws {
        let examples = [
            (EnvelopeVectors.nacl, "plain", "secret"), (EnvelopeVectors.hpke, "path and name", "hunter2"),
        ]
        for (vectors, comment, plaintext) in examples {
            let text = try #require(vectors.cases.first { $0.comment == comment }).text
            let envelope = try #require(Value(scanning: text).envelopes.first)
            #expect(try bytes(after: String(decoding: text, as: UTF8.self)) == envelope.payload)
            #expect(try vectors.decryptor().open(envelope) == Array(plaintext.utf8))
            #expect(page.contains("\"\(plaintext)\""))
        }
    }

    @Test("the key, its id and the digest are right")
    func keyAndDigest() throws {
        let key = try EnvelopeVectors.nacl.publicKey("master")
        #expect(page.contains(String(decoding: key.pem, as: UTF8.self)))
        #expect(page.contains("`\(key.id)`"))
        let vector = try #require(EnvelopeVectors.nacl.cases.first { $0.comment == "plain" })
        let digest = try #require(Value(scanning: vector.text).envelopes.first).digest
        let digits = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(page.contains("digest \(digits)"))
    }

    @Test("the scopes are scopes, and the limits are those of the code")
    func scopesAndLimits() throws {
        for scope in ["/prod/shop/web", "/prod/shop/web#DATABASE_PASSWORD", "/prod/shop", "/"] {
            #expect(page.contains("\n\(scope) "))
            _ = try Scope(parsing: scope)
        }
        #expect(page.contains("| 16 MiB |") && SecretBytes.maximumCount == 16 << 20)
        #expect(page.contains("| 32 MiB |") && StreamDecryptor.maximumEnvelopeCount == 32 << 20)
        #expect(page.contains("| 255 bytes |") && Scope.maximumCount == 255)
    }
}

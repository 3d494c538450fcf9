import SecretaryCore
import Testing

@Suite("NACL vectors of the original program")
struct NaClVectorTests {
    private let vectors = EnvelopeVectors.nacl

    @Test("opens, refuses or passes through as the original does", arguments: EnvelopeVectors.nacl.cases)
    func vector(_ vector: EnvelopeVectors.Case) throws {
        let value = Value(scanning: vector.text)
        let opener = SecretOpener(decryptor: try vectors.decryptor(), identity: Identity())
        if vector.expect == "error" {
            let error = #expect(throws: SecretaryError.self) { try opener.open(value, name: nil).array }
            #expect(error?.code == (value.isMalformed ? .malformed : .wrongKey))
            return
        }
        if vector.expect == "ok" {
            let envelope = try #require(value.envelopes.first)
            let expected = [UInt8](try #require(vector.plaintext))
            #expect(envelope.plaintextCount == expected.count)
            #expect(try vectors.decryptor().open(envelope) == expected)
        } else {
            let expected = [UInt8](try #require(vector.output))
            #expect(value.plaintextCount == expected.count)
            #expect(try opener.open(value, name: nil).array == expected)
        }
    }

    @Test("there are the expected cases")
    func count() {
        #expect(vectors.cases.count == 24)
        #expect(vectors.cases.count { $0.expect == "ok" } == 8)
    }

    @Test("malformed envelopes are told apart from those that no key opens")
    func malformed() throws {
        let malformed = vectors.cases.filter { Value(scanning: $0.text).isMalformed }.map(\.comment)
        #expect(malformed == ["only a nonce", "shorter than a tag", "bad base64 length"])
    }

    @Test("says whether a key fits without decrypting")
    func canOpen() throws {
        let decryptor = try vectors.decryptor()
        for vector in vectors.cases {
            guard case .envelope(let envelope)? = Value(scanning: vector.text).pieces.first else { continue }
            #expect(decryptor.canOpen(envelope) == (vector.expect != "error"), "\(vector.comment)")
        }
    }

    @Test("the wrapped form has the lines of the original")
    func wrapped() throws {
        let vector = try #require(vectors.cases.first { $0.comment == "wrapped at 64 columns" })
        let envelope = try #require(Value(scanning: vector.text).envelopes.first)
        #expect(envelope.wrappedText.elementsEqual(vector.text), "the lines differ")
    }
}

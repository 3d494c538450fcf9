import SecretaryCore
import Testing

@Suite("HPKE vectors of an independent implementation")
struct HPKEVectorTests {
    private let vectors = EnvelopeVectors.hpke

    @Test("opens with the scope that is expected", arguments: EnvelopeVectors.hpke.cases.filter { $0.expect == "ok" })
    func opens(_ vector: EnvelopeVectors.Case) throws {
        let envelope = try #require(Value(scanning: vector.text).envelopes.first)
        let expected = [UInt8](try #require(vector.plaintext))
        #expect(envelope.plaintextCount == expected.count)
        #expect(envelope.scope?.description ?? "" == vector.scope)
        #expect(try vectors.decryptor().canOpen(envelope))
        #expect(try vectors.decryptor().open(envelope) == expected)
    }

    @Test("refuses for the reason that is expected", arguments: EnvelopeVectors.hpke.cases.filter { $0.expect != "ok" })
    func refuses(_ vector: EnvelopeVectors.Case) throws {
        let opener = SecretOpener(decryptor: try vectors.decryptor(), identity: Identity())
        let error = try #require(
            #expect(throws: SecretaryError.self) {
                try opener.open(Value(scanning: vector.text), name: nil).array
            })
        #expect(error.message.contains(vector.expect))
        let isMalformed = vector.expect == "malformed" || vector.expect == "unsupported suite"
        #expect(error.code == (isMalformed ? .malformed : .wrongKey))
    }

    @Test("there are the expected cases")
    func count() {
        #expect(vectors.cases.count == 20)
        #expect(vectors.cases.count { $0.expect == "ok" } == 6)
    }

    @Test("key ids are those of the vectors", arguments: ["master", "config", "other"])
    func keyIDs(_ name: String) throws {
        let expected = vectors.keyIDs?[name]
        #expect(try vectors.publicKey(name).id.description == expected)
        #expect(try vectors.privateKey(name).id.description == expected)
    }
}

import SecretaryCore
import Testing

@Suite("Values: text with envelopes in it")
struct ValueTests {
    private let keys: TestKeys
    private let envelope: Envelope
    private var text: String { String(decoding: envelope.text, as: UTF8.self) }

    init() throws {
        keys = try TestKeys()
        envelope = try keys.naclSealer.seal(Array("hunter2".utf8))
    }

    @Test("text without envelopes is one literal piece")
    func literal() {
        let value = Value("port: 8080")
        #expect(value.pieces == [.literal(Array("port: 8080".utf8))])
        #expect(!value.hasEnvelopes && !value.isMalformed)
        #expect(value.plaintextCount == 10)
        #expect(Value("").pieces.isEmpty)
    }

    @Test("envelopes and what is between them keep their order")
    func order() {
        let value = Value("a\(text)b\(text)\(text)")
        #expect(
            value.pieces == [
                .literal([0x61]), .envelope(envelope), .literal([0x62]), .envelope(envelope), .envelope(envelope),
            ])
        #expect(value.hasEnvelopes && !value.isMalformed)
        #expect(value.plaintextCount == 2 + 3 * 7)
        #expect(value.envelopes == [envelope, envelope, envelope])
    }

    @Test("white space in an envelope does not make another of it")
    func whiteSpace() {
        let wrapped = Value(scanning: envelope.wrappedText)
        #expect(wrapped.envelopes == [envelope])
        #expect(wrapped.envelopes.first?.digest == envelope.digest)
    }

    @Test("a broken envelope is a piece of its own and counts nothing")
    func malformed() {
        let value = Value("x ENC[NACL,abcde] \(text)")
        #expect(value.isMalformed && value.hasEnvelopes)
        #expect(value.plaintextCount == 3 + 7)
        guard case .malformed(let error) = value.pieces[1] else {
            Issue.record("the second piece is not malformed")
            return
        }
        #expect(error.code == .malformed)
        #expect(error.message == "malformed NACL envelope: not base64")
    }

    @Test("the digest changes with every piece, and with their order")
    func digest() throws {
        let other = try keys.naclSealer.seal(Array("hunter3".utf8))
        let otherText = String(decoding: other.text, as: UTF8.self)
        let digests = [
            "", "a", "b", text, otherText, text + "a", "a" + text, text + otherText, otherText + text,
            "ENC[NACL,abcde]",
        ].map { Value($0).digest }
        #expect(Set(digests).count == digests.count)
        #expect(digests.allSatisfy { $0.count == 32 })
        #expect(Value(text).digest == Value(text).digest)
    }
}

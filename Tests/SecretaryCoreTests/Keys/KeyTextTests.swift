@testable import SecretaryCore
import Testing

@Suite("The text of keys")
struct KeyTextTests {
    private static let base64 = "f5RHU8z0yEtFzpwQIXJLQAKH5CEWsgorYXw4riN24n4="
    private static let pem = "-----BEGIN NACL PUBLIC KEY-----\n\(base64)\n-----END NACL PUBLIC KEY-----\n"
    private static func pem(_ label: String, _ body: String = base64) -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    private static let accepted = [
        base64, base64 + "\n", "\n  \(base64)\r\n\t", pem, pem.replacing("\n", with: "\r\n"),
        "a note before\n" + pem, pem + "a note after\n", "  " + pem.replacing("\n", with: " \n  "),
        pem("NACL PUBLIC KEY", "Comment: made by hand\nProc-Type: 4\n\n" + base64),
        pem("NACL PUBLIC KEY", String(base64.prefix(20)) + "\n" + base64.dropFirst(20)),
    ]

    @Test("PEM and bare base64 are read, whatever white space and notes are around", arguments: accepted)
    func reads(_ text: String) throws {
        let bytes = try PublicKey(text: Array(KeyTextTests.base64.utf8)).bytes
        #expect(try PublicKey(text: Array(text.utf8)).bytes == bytes)
        let privateText = Array(text.replacing("PUBLIC", with: "PRIVATE").utf8)
        #expect(try PrivateKey.reading(privateText).text == PrivateKey.reading(Array(KeyTextTests.base64.utf8)).text)
    }

    private static let refused: [(String, String)] = [
        ("", "expected PEM or base64 of 32 bytes"),
        ("not a key", "expected PEM or base64 of 32 bytes"),
        (String(base64.dropLast()), "expected PEM or base64 of 32 bytes"),
        (base64 + base64, "expected PEM or base64 of 32 bytes"),
        ("f5RHU8z0yEtFzpwQIXJLQAKH5CEWsgorYXw4riN24g==", "expected PEM or base64 of 32 bytes"),
        ("f5RHU8z0yEtFzpwQIXJLQAKH5CEWsgorYXw4riN24n4A", "expected PEM or base64 of 32 bytes"),
        (pem("NACL PUBLIC KEY", ""), "expected PEM or base64 of 32 bytes"),
        (pem("NACL PUBLIC KEY", "\0\0\0"), "expected PEM or base64 of 32 bytes"),
        ("-----BEGIN NACL PUBLIC KEY-----\n" + base64, "cut off"),
        ("-----BEGIN NACL PUBLIC", "cut off"),
        ("-----BEGIN NACL PUBLIC KEY-----", "cut off"),
        (pem("NACL PUBLIC KEY").replacing("-----END NACL PUBLIC", with: "-----END NACL OTHER"), "cut off"),
        (pem("RSA PUBLIC KEY"), "not labelled NACL PUBLIC KEY"),
        (pem(""), "not labelled NACL PUBLIC KEY"),
    ]

    @Test("what is not a key is refused, without showing it", arguments: refused)
    func refuses(text: String, reason: String) throws {
        let publicError = try #require(
            #expect(throws: SecretaryError.self) { try PublicKey(text: Array(text.utf8)) })
        let privateText = text.replacing("PUBLIC", with: "PRIVATE")
        let privateError = try #require(
            #expect(throws: SecretaryError.self) { try PrivateKey.reading(Array(privateText.utf8)) })
        #expect(publicError.code == .malformed && privateError.code == .malformed)
        #expect(publicError.message.contains(reason))
        #expect(privateError.message.contains(reason.replacing("PUBLIC", with: "PRIVATE")))
        #expect(!"\(publicError)\(privateError)\(publicError.hint ?? "")".contains("f5RH"))
    }

    @Test("a public key is not taken for a private one, nor the reverse")
    func wrongHalf() throws {
        let key = try PrivateKey.generate()
        let publicError = #expect(throws: SecretaryError.self) { try PublicKey(text: key.text) }
        #expect(publicError?.message == "this is a private key, where a public key is needed")
        let privateError = #expect(throws: SecretaryError.self) { try PrivateKey.reading(key.publicKey.pem) }
        #expect(privateError?.message == "this is a public key, where a private key is needed")
    }

    @Test("binary junk is refused")
    func junk() {
        for count in [1, 32, 44, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 200) }
            #expect(throws: SecretaryError.self) { try PublicKey(text: bytes) }
            #expect(throws: SecretaryError.self) { try PrivateKey.reading(bytes) }
        }
    }

    @Test("what is written is what the original wrote", arguments: ["master", "config", "other"])
    func writes(_ name: String) throws {
        let vectors = EnvelopeVectors.nacl
        let publicText = Array(try #require(vectors.keys["\(name)-public"]).utf8)
        let privateText = Array(try #require(vectors.keys["\(name)-private"]).utf8)
        #expect(try PublicKey(text: publicText).pem == publicText)
        #expect(try PrivateKey.reading(privateText).text == privateText)
        #expect(try PrivateKey.reading(privateText).publicKey == PublicKey(text: publicText))
    }

    @Test("a key has 32 bytes", arguments: [0, 31, 33])
    func count(_ count: Int) {
        #expect(throws: SecretaryError.self) { try PublicKey(bytes: Array(repeating: 1, count: count)) }
        #expect(throws: SecretaryError.self) { try PrivateKey(SecretBytes(Array(repeating: 1, count: count))) }
    }

    @Test("generated keys differ")
    func generated() throws {
        let keys = try (0..<20).map { _ in try PrivateKey.generate() }
        #expect(Set(keys.map(\.id)).count == 20)
        #expect(Set(try keys.map { try $0.text }).count == 20)
    }

    @Test("a key id is 16 hexadecimal digits, also when it begins with zeros")
    func keyID() {
        #expect(KeyID(rawValue: 0x00AB).description == "00000000000000ab")
        #expect(KeyID(rawValue: .max).description == "ffffffffffffffff")
        #expect(KeyID([1, 2, 3, 4, 5, 6, 7, 8][...]).bytes == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("a key ring keeps one of each key, in order")
    func ring() throws {
        let (first, second) = (try PrivateKey.generate(), try PrivateKey.generate())
        var ring = KeyRing(masterKeys: [first, second, first], configKeys: [first.publicKey])
        ring.add(config: first.publicKey)
        ring.add(config: second.publicKey)
        #expect(ring.masterKeys.map(\.id) == [first.id, second.id])
        #expect(ring.configKeys == [first.publicKey, second.publicKey])
        #expect(ring.masterKey(second.id) === second)
        #expect(ring.configKey(KeyID(rawValue: 1)) == nil)
    }
}

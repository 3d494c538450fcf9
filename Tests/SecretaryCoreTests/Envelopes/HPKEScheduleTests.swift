import CSodium
@testable import SecretaryCore
import Testing

/// RFC 9180, appendix A.2.3: mode Auth with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
@Suite("HPKE and the vectors of RFC 9180")
struct HPKEScheduleTests {
    private let info = hex("4f6465206f6e2061204772656369616e2055726e")
    private let ephemeral = hex("c94619e1af28971c8fa7957192b7e62a71ca2dcdde0a7cc4a8a9e741d600ab13")
    private let encapsulated = hex("f7674cc8cd7baa5872d1f33dbaffe3314239f6197ddf5ded1746760bfc847e0e")
    private let recipient = hex("3ca22a6d1cda1bb9480949ec5329d3bf0b080ca4c45879c95eddb55c70b80b82")
    private let recipientPublic = hex("1a478716d63cb2e16786ee93004486dc151e988b34b475043d3e0175bdb01c44")
    private let sender = hex("2def0cb58ffcf83d1062dd085c8aceca7f4c0c3fd05912d847b61f3e54121f05")
    private let senderPublic = hex("f0f4f9e96c54aeed3f323de8534fffd7e0577e4ce269896716bcb95643c8712b")
    private let sharedSecret = hex("d2d67828c8bc9fa661cf15a31b3ebf1febe0cafef7abfaaca580aaf6d471e3eb")
    private let key = hex("b071fd1136680600eb447a845a967d35e9db20749cdf9ce098bcc4deef4b1356")
    private let baseNonce = hex("d20577dff16d7cea2c4bf780")
    private let plaintext = Array("Beauty is truth, truth beauty".utf8)
    private static let ciphertexts: [(sequence: UInt16, ciphertext: [UInt8])] = [
        (0, hex("ab1a13c9d4f01a87ec3440dbd756e2677bd2ecf9df0ce7ed73869b98e00c09be111cb9fdf077347aeb88e61bdf")),
        (1, hex("3265c7807ffff7fdace21659a2c6ccffee52a26d270c76468ed74202a65478bfaedfff9c2b7634e24f10b71016")),
        (2, hex("3aadee86ad2a05081ea860033a9d09dbccb4acac2ded0891da40f51d4df19925f7a767b076a5cbc9355c8fd35e")),
        (4, hex("502ecccd5c2be3506a081809cc58b43b94f77cbe37b8b31712d9e21c9e61aa6946a8e922f54eae630f88eb8033")),
        (255, hex("652e597ba20f3d9241cda61f33937298b1169e6adf72974bbe454297502eb4be132e1c5064702fc165c2ddbde8")),
        (256, hex("3be14e8b3bbd1028cf2b7d0a691dbbeff71321e7dec92d3c2cfb30a0994ab246af76168480285a60037b4ba13a")),
    ]

    private func senderContext() throws -> HPKEContext {
        let (ephemeral, sender) = (try PrivateKey(SecretBytes(ephemeral)), try PrivateKey(SecretBytes(sender)))
        let recipient = try PublicKey(bytes: recipientPublic)
        return try HPKEContext(
            privateKey: ephemeral, publicKey: recipient,
            secret: SharedSecret(privateKey: sender, publicKey: recipient),
            encapsulatedKey: ephemeral.publicKey, recipient: recipient, sender: sender.publicKey, info: info)
    }

    private func recipientContext() throws -> HPKEContext {
        let recipient = try PrivateKey(SecretBytes(recipient))
        let (sender, encapsulated) = (try PublicKey(bytes: senderPublic), try PublicKey(bytes: encapsulated))
        return try HPKEContext(
            privateKey: recipient, publicKey: encapsulated,
            secret: SharedSecret(privateKey: recipient, publicKey: sender),
            encapsulatedKey: encapsulated, recipient: recipient.publicKey, sender: sender, info: info)
    }

    @Test("public halves are those of the vectors")
    func publicHalves() throws {
        #expect(try PrivateKey(SecretBytes(ephemeral)).publicKey.bytes == encapsulated)
        #expect(try PrivateKey(SecretBytes(recipient)).publicKey.bytes == recipientPublic)
        #expect(try PrivateKey(SecretBytes(sender)).publicKey.bytes == senderPublic)
    }

    @Test("both sides derive the shared secret, the key and the base nonce", arguments: [true, false])
    func schedule(isSender: Bool) throws {
        let context = isSender ? try senderContext() : try recipientContext()
        #expect(unsafe context.withSecret(HPKEContext.Place.sharedSecret) { unsafe Array($0) } == sharedSecret)
        #expect(unsafe context.withSecret(HPKEContext.Place.key) { unsafe Array($0) } == key)
        #expect(unsafe context.withSecret(HPKEContext.Place.baseNonce) { unsafe Array($0.prefix(12)) } == baseNonce)
    }

    @Test("seals the first message to the same bytes")
    func seals() throws {
        let ciphertext = try unsafe plaintext.withUnsafeBytes { bytes in
            try unsafe senderContext().seal(bytes, additionalData: Array("Count-0".utf8))
        }
        #expect(ciphertext == HPKEScheduleTests.ciphertexts[0].ciphertext)
    }

    @Test("opens the first message, with its additional data only")
    func opens() throws {
        let context = try recipientContext()
        var target = [UInt8](repeating: 0, count: plaintext.count)
        func open(_ data: String) -> Bool {
            unsafe HPKEScheduleTests.ciphertexts[0].ciphertext.withUnsafeBytes { ciphertext in
                unsafe Array(data.utf8).withUnsafeBytes { data in
                    unsafe target.withUnsafeMutableBytes { target in
                        unsafe context.open(ciphertext, additionalData: data, into: target)
                    }
                }
            }
        }
        #expect(!open("Count-1"))
        #expect(open("Count-0"))
        #expect(target == plaintext)
    }

    /// The product seals one message with a context, so the later ones are made of the context's key and nonce here.
    @Test("the key and the base nonce make the other messages", arguments: ciphertexts)
    func laterMessages(sequence: UInt16, expected: [UInt8]) throws {
        let context = try senderContext()
        var nonce = unsafe context.withSecret(HPKEContext.Place.baseNonce) { unsafe Array($0.prefix(12)) }
        nonce[10] ^= UInt8(sequence >> 8)
        nonce[11] ^= UInt8(truncatingIfNeeded: sequence)
        let key = unsafe context.withSecret(HPKEContext.Place.key) { unsafe Array($0) }
        let data = Array("Count-\(sequence)".utf8)
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + 16)
        _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
            &ciphertext, nil, plaintext, UInt64(plaintext.count), data, UInt64(data.count), nil, nonce, key)
        #expect(ciphertext == expected)
    }
}

private func hex(_ text: String) -> [UInt8] {
    stride(from: 0, to: text.utf8.count, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) }
}

internal import CSodium

/// The secrets of one HPKE message (RFC 9180) in mode Auth, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
/// ChaCha20-Poly1305, composed from libsodium's primitives.
///
/// The sender's and the recipient's side differ only in whose private key meets whose public key: the first agreement is
/// between the ephemeral key and the recipient's, the second between the sender's and the recipient's. All secrets live in
/// one piece of guarded memory, which is zeroed with the context. The nonce is the schedule's base nonce, unchanged: a
/// context seals one message only.
struct HPKEContext: ~Copyable {
    static let keyCount = 32
    static let nonceCount = 12
    static let tagCount = 16

    private static let modeAuth: UInt8 = 0x02
    private static let kemSuite: [UInt8] = Array("KEM".utf8) + [0x00, 0x20]
    private static let suite: [UInt8] = Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x03]

    /// Where each secret lies.
    enum Place {
        static let state = 0..<256
        static let agreements = 256..<320
        static let extracted = 320..<352
        static let sharedSecret = 352..<384
        static let key = 384..<416
        /// A whole hash, of which 12 bytes are used.
        static let baseNonce = 416..<448
        static let count = 448
    }

    private let memory: SecretBytes

    /// `SetupAuthS` for a sender, `SetupAuthR` for a recipient.
    /// - Parameters:
    ///   - privateKey: the sender's ephemeral key, or the recipient's key.
    ///   - publicKey: the recipient's key, or the sender's ephemeral one: of the other two, the one that `privateKey` meets.
    ///   - secret: what the sender's and the recipient's lasting keys share.
    ///   - encapsulatedKey: the ephemeral public key.
    /// - Throws: `.wrongKey` when the ephemeral key is a point of low order, which no honest sender makes.
    init(
        privateKey: PrivateKey, publicKey: PublicKey, secret: SharedSecret, encapsulatedKey: PublicKey,
        recipient: PublicKey, sender: PublicKey, info: [UInt8]
    ) throws(SecretaryError) {
        self.memory = try unsafe SecretBytes(count: Place.count) { (memory) throws(SecretaryError) in
            let agreements = unsafe memory.part(Place.agreements)
            let agreed = unsafe privateKey.scalar.withUnsafeBytes { scalar in
                unsafe crypto_scalarmult(agreements.octets, scalar.octets, publicKey.bytes)
            }
            guard agreed == 0 else { throw .authenticationFailed("no sender makes such a key") }
            unsafe secret.withX25519 { unsafe agreements.part(32, 32).copyMemory(from: $0) }
            let parties = encapsulatedKey.bytes + recipient.bytes + sender.bytes
            unsafe HPKEContext.extractAndExpand(parties, in: memory)
            unsafe HPKEContext.schedule(info, in: memory)
        }
    }

    /// Section 4.1: the agreements and who took part in them, to the shared secret.
    private static func extractAndExpand(_ parties: [UInt8], in memory: UnsafeMutableRawBufferPointer) {
        let hkdf = unsafe LabelledHKDF(suite: kemSuite, state: memory.part(Place.state))
        let extracted = unsafe memory.part(Place.extracted)
        let agreements = unsafe UnsafeRawBufferPointer(memory.part(Place.agreements))
        unsafe hkdf.extract(salt: .init(start: nil, count: 0), "eae_prk", agreements, into: extracted)
        unsafe hkdf.expand(.init(extracted), "shared_secret", parties, count: 32, into: memory.part(Place.sharedSecret))
    }

    /// Section 5.1: the shared secret and `info`, to the key and the nonce.
    private static func schedule(_ info: [UInt8], in memory: UnsafeMutableRawBufferPointer) {
        let hkdf = unsafe LabelledHKDF(suite: suite, state: memory.part(Place.state))
        let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        let extracted = unsafe memory.part(Place.extracted)
        unsafe hkdf.extract(salt: nothing, "psk_id_hash", nothing, into: extracted)
        var context = unsafe [modeAuth] + extracted
        unsafe info.withOctets { unsafe hkdf.extract(salt: nothing, "info_hash", $0, into: extracted) }
        unsafe context += extracted
        let sharedSecret = unsafe UnsafeRawBufferPointer(memory.part(Place.sharedSecret))
        unsafe hkdf.extract(salt: sharedSecret, "secret", nothing, into: extracted)
        unsafe hkdf.expand(.init(extracted), "key", context, count: keyCount, into: memory.part(Place.key))
        unsafe hkdf.expand(
            .init(extracted), "base_nonce", context, count: nonceCount, into: memory.part(Place.baseNonce))
    }

    /// The ciphertext of `plaintext`, with the tag at its end.
    consuming func seal(_ plaintext: UnsafeRawBufferPointer, additionalData: [UInt8]) -> [UInt8] {
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + HPKEContext.tagCount)
        unsafe memory.withUnsafeBytes { memory in
            _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                &ciphertext, nil, plaintext.octets, UInt64(plaintext.count),
                additionalData, UInt64(additionalData.count), nil,
                memory.part(Place.baseNonce).octets, memory.part(Place.key).octets)
        }
        return ciphertext
    }

    /// Opens `ciphertext`, which ends with the tag, into `target`.
    /// - Returns: `false`, with nothing of the plaintext in `target`, when it was changed or sealed otherwise.
    func open(
        _ ciphertext: UnsafeRawBufferPointer, additionalData: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(ciphertext.count == target.count + HPKEContext.tagCount, "the target must fit the plaintext")
        return unsafe memory.withUnsafeBytes { memory in
            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                target.octets, nil, nil, ciphertext.octets, UInt64(ciphertext.count),
                additionalData.octets, UInt64(additionalData.count),
                memory.part(Place.baseNonce).octets, memory.part(Place.key).octets) == 0
        }
    }

    /// Shows one of the secrets to the tests that compare them with RFC 9180's vectors.
    func withSecret<Result>(_ place: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe memory.withUnsafeBytes { unsafe body($0.part(place)) }
    }
}

/// The original's envelope: a random nonce, and `crypto_box` of the plaintext.
///
/// ```
/// nonce 24 bytes | Poly1305 tag 16 bytes | ciphertext, as long as the plaintext
/// ```
public struct NaClEnvelope: Hashable, Sendable {
    static let nonceCount = 24
    static let tagCount = 16

    public let payload: [UInt8]

    init(payload: [UInt8]) throws(SecretaryError) {
        guard payload.count >= NaClEnvelope.nonceCount + NaClEnvelope.tagCount else {
            throw SecretaryError(.malformed, "cut off after \(payload.count) bytes")
        }
        self.payload = payload
    }

    var plaintextCount: Int { payload.count - NaClEnvelope.nonceCount - NaClEnvelope.tagCount }
}

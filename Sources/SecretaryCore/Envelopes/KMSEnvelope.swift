/// The original's envelope for AWS KMS: a secretbox under a data key that KMS encrypted, in Go's gob encoding.
public struct KMSEnvelope: Hashable, Sendable {
    static let nonceCount = 24
    static let tagCount = 16

    public let payload: [UInt8]
    /// What KMS turns into the data key.
    public let encryptedDataKey: [UInt8]
    let nonce: [UInt8]
    /// Poly1305 tag, then the ciphertext.
    let message: [UInt8]

    init(payload: [UInt8]) throws(SecretaryError) {
        let fields = try KMSGob.decode(payload)
        guard fields.message.count >= KMSEnvelope.tagCount else {
            throw SecretaryError(.malformed, "its message is cut off after \(fields.message.count) bytes")
        }
        self.payload = payload
        self.encryptedDataKey = fields.encryptedDataKey
        self.nonce = fields.nonce
        self.message = fields.message
    }

    init(encryptedDataKey: [UInt8], nonce: [UInt8], message: [UInt8]) {
        self.payload = KMSGob.encode(.init(encryptedDataKey: encryptedDataKey, nonce: nonce, message: message))
        self.encryptedDataKey = encryptedDataKey
        self.nonce = nonce
        self.message = message
    }

    var plaintextCount: Int { message.count - KMSEnvelope.tagCount }
}

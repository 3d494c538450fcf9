/// The original's envelope for AWS KMS: a secretbox under a data key that KMS encrypted, in Go's gob encoding.
///
/// Ours can have a scope, beside the original's fields. KMS binds the data key to it (as the encryption context), so that nobody
/// can change it or take it away.
public struct KMSEnvelope: Hashable, Sendable {
    static let nonceCount = 24
    static let tagCount = 16

    public let payload: [UInt8]
    /// What KMS turns into the data key.
    public let encryptedDataKey: [UInt8]
    /// Who may open it; the original's have none.
    public let scope: Scope?
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
        self.scope = fields.scope.isEmpty ? nil : try Scope(bytes: fields.scope)
    }

    init(encryptedDataKey: [UInt8], nonce: [UInt8], message: [UInt8], scope: Scope?) {
        self.payload = KMSGob.encode(
            .init(encryptedDataKey: encryptedDataKey, nonce: nonce, message: message, scope: scope?.bytes ?? []))
        self.encryptedDataKey = encryptedDataKey
        self.nonce = nonce
        self.message = message
        self.scope = scope
    }

    var plaintextCount: Int { message.count - KMSEnvelope.tagCount }
}

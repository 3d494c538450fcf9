/// The scoped envelope: RFC 9180 in mode Auth.
///
/// ```
/// suite 1 byte | to 8 bytes | from 8 bytes | scope 1 byte length, UTF-8 | enc 32 bytes | ciphertext | tag 16 bytes
/// ```
/// `to` and `from` are the ids of the master and the config key. Everything before `enc` is authenticated with the
/// ciphertext, so that no one can widen the scope.
public struct HPKEEnvelope: Hashable, Sendable {
    /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, mode Auth: the only suite so far.
    static let suite: UInt8 = 1
    static let encapsulatedKeyCount = 32
    static let tagCount = 16
    private static let fixedCount = 2 + 2 * KeyID.count

    public let payload: [UInt8]
    /// The master key that it is sealed to.
    public let recipient: KeyID
    /// The config key of the writer.
    public let sender: KeyID
    public let scope: Scope?
    /// Where the encapsulated key begins, which is also where the additional data ends.
    private let headerCount: Int

    init(payload: [UInt8]) throws(SecretaryError) {
        if let suite = payload.first, suite != HPKEEnvelope.suite {
            throw SecretaryError(
                .malformed, "unsupported suite \(suite)", hint: "a newer version of Secretary may have written it")
        }
        guard payload.count >= HPKEEnvelope.fixedCount else {
            throw SecretaryError(.malformed, "cut off after \(payload.count) bytes")
        }
        let scopeCount = Int(payload[HPKEEnvelope.fixedCount - 1])
        let headerCount = HPKEEnvelope.fixedCount + scopeCount
        guard payload.count >= headerCount + HPKEEnvelope.encapsulatedKeyCount + HPKEEnvelope.tagCount else {
            throw SecretaryError(.malformed, "cut off after \(payload.count) bytes")
        }
        self.payload = payload
        self.recipient = KeyID(payload[1...])
        self.sender = KeyID(payload[(1 + KeyID.count)...])
        self.scope = scopeCount == 0 ? nil : try Scope(bytes: Array(payload[HPKEEnvelope.fixedCount..<headerCount]))
        self.headerCount = headerCount
    }

    /// What stands before the encapsulated key.
    static func header(recipient: KeyID, sender: KeyID, scope: Scope?) -> [UInt8] {
        let scope = scope?.bytes ?? []
        return [suite] + recipient.bytes + sender.bytes + [UInt8(scope.count)] + scope
    }

    var header: ArraySlice<UInt8> { payload[..<headerCount] }

    var encapsulatedKey: ArraySlice<UInt8> {
        payload[headerCount..<headerCount + HPKEEnvelope.encapsulatedKeyCount]
    }

    var ciphertext: ArraySlice<UInt8> { payload[(headerCount + HPKEEnvelope.encapsulatedKeyCount)...] }

    var plaintextCount: Int { ciphertext.count - HPKEEnvelope.tagCount }
}

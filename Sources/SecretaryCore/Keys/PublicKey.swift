internal import CSodium

/// The public half of a Curve25519 key pair.
public struct PublicKey: Hashable, Sendable {
    /// Number of bytes of a key.
    public static let count = 32

    /// 32 bytes, the u-coordinate of a point (RFC 7748).
    public let bytes: [UInt8]
    /// What envelopes call this key.
    public let id: KeyID

    /// - Throws: `.malformed` when there are not 32 bytes.
    public init(bytes: [UInt8]) throws(SecretaryError) {
        guard bytes.count == PublicKey.count else {
            throw SecretaryError(.malformed, "a public key has \(PublicKey.count) bytes, not \(bytes.count)")
        }
        self.bytes = bytes
        self.id = KeyID(BLAKE2b.hash(bytes)[...])
    }
}

internal import CSodium

/// The private half of a Curve25519 key pair, in guarded memory, with its public half.
public final class PrivateKey: Sendable {
    /// Number of bytes of a key.
    public static let count = 32

    public let publicKey: PublicKey
    /// The scalar; leaves this module only as PEM in guarded memory.
    let scalar: SecretBytes

    public var id: KeyID { publicKey.id }

    /// - Throws: `.malformed` when there are not 32 bytes.
    public init(_ bytes: consuming SecretBytes) throws(SecretaryError) {
        guard bytes.count == PrivateKey.count else {
            throw SecretaryError(.malformed, "a private key has \(PrivateKey.count) bytes, not \(bytes.count)")
        }
        var point = [UInt8](repeating: 0, count: PublicKey.count)
        unsafe bytes.withUnsafeBytes { scalar in
            // Clamps the scalar; cannot fail for the base point.
            _ = unsafe crypto_scalarmult_base(&point, scalar.octets)
        }
        self.publicKey = try PublicKey(bytes: point)
        self.scalar = bytes
    }

    /// A new key from the system's randomness.
    /// - Throws: `.system` when guarded memory cannot be had.
    public static func generate() throws(SecretaryError) -> PrivateKey {
        let bytes = try unsafe SecretBytes(count: PrivateKey.count) { bytes in
            unsafe randombytes_buf(bytes.octets, bytes.count)
        }
        return try PrivateKey(bytes)
    }
}

internal import CSodium

/// Bytes that only the holder of one private key can read, from nobody in particular (`crypto_box_seal`).
public enum SealedBox {
    /// How many bytes a box is longer than what is in it.
    public static let overhead = 48

    public static func seal(_ bytes: borrowing SecretBytes, to key: PublicKey) -> [UInt8] {
        _ = Sodium.ready
        var box = [UInt8](repeating: 0, count: bytes.count + overhead)
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe crypto_box_seal(&box, bytes.octets, UInt64(bytes.count), key.bytes)
        }
        return box
    }

    /// - Throws: `.wrongKey` when it was sealed to another key, or changed.
    public static func open(_ box: [UInt8], by key: PrivateKey) throws(SecretaryError) -> SecretBytes {
        guard box.count >= overhead else { throw SecretaryError(.malformed, "a sealed box is cut off") }
        return try unsafe SecretBytes(count: box.count - overhead) { (target) throws(SecretaryError) in
            let opened = unsafe key.scalar.withUnsafeBytes { scalar in
                unsafe crypto_box_seal_open(
                    target.octets, box, UInt64(box.count), key.publicKey.bytes, scalar.octets) == 0
            }
            guard opened else {
                throw SecretaryError(.wrongKey, "it is sealed for another key than \(key.id), or was changed")
            }
        }
    }
}

internal import CSodium

/// BLAKE2b with 32 bytes of output (RFC 7693): for names of public things, such as keys and envelopes, and for the chain of
/// the audit log.
public enum BLAKE2b {
    /// Size of a hash in bytes.
    public static let count = 32

    /// The hash of the parts, one after the other.
    public static func hash(_ parts: [UInt8]...) -> [UInt8] {
        _ = Sodium.ready
        var digest = [UInt8](repeating: 0, count: count)
        // Part by part: an envelope can be as large as the largest secret, and is not copied for its name.
        unsafe withUnsafeTemporaryAllocation(byteCount: crypto_generichash_statebytes(), alignment: 64) { memory in
            guard let base = memory.baseAddress else { return }
            let state = OpaquePointer(base)
            unsafe crypto_generichash_init(state, nil, 0, count)
            for part in parts { unsafe crypto_generichash_update(state, part, UInt64(part.count)) }
            unsafe crypto_generichash_final(state, &digest, count)
        }
        return digest
    }

    /// The hash of two parts, one after the other, under a key, straight into `target`.
    ///
    /// Without a key, the same as `hash(_:)`.
    static func hash(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer? = nil,
        into target: UnsafeMutableRawBufferPointer
    ) {
        _ = Sodium.ready
        precondition(target.count == count, "the target must fit the hash")
        unsafe withUnsafeTemporaryAllocation(byteCount: crypto_generichash_statebytes(), alignment: 64) { memory in
            guard let base = memory.baseAddress else { return }
            let state = OpaquePointer(base)
            unsafe crypto_generichash_init(state, key?.octets, key?.count ?? 0, count)
            unsafe crypto_generichash_update(state, first.octets, UInt64(first.count))
            unsafe crypto_generichash_update(state, second.octets, UInt64(second.count))
            unsafe crypto_generichash_final(state, target.octets, count)
            // A state begins with the key.
            unsafe sodium_memzero(base, memory.count)
        }
    }
}

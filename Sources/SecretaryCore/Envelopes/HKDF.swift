internal import CSodium

/// HKDF-SHA256 (RFC 5869) with the labels of RFC 9180 section 4, for outputs of at most one hash.
///
/// All secrets, the running hash included, stay in memory that the caller provides, which is guarded.
@safe struct LabelledHKDF {
    static let hashCount = 32
    /// Room for the running hash.
    static let stateCount = MemoryLayout<crypto_auth_hmacsha256_state>.size

    /// What RFC 9180 calls `suite_id`, with the version before it.
    private let prefix: [UInt8]
    private let state: UnsafeMutablePointer<crypto_auth_hmacsha256_state>

    /// - Parameter state: `stateCount` bytes, aligned to 8.
    init(suite: [UInt8], state: UnsafeMutableRawBufferPointer) {
        precondition(state.count >= LabelledHKDF.stateCount, "the running hash needs room")
        self.prefix = Array("HPKE-v1".utf8) + suite
        unsafe self.state = UnsafeMutableRawPointer(state.octets).bindMemory(
            to: crypto_auth_hmacsha256_state.self, capacity: 1)
    }

    /// `LabeledExtract(salt, label, input)`.
    func extract(
        salt: UnsafeRawBufferPointer, _ label: String, _ input: UnsafeRawBufferPointer,
        into key: UnsafeMutableRawBufferPointer
    ) {
        let label = prefix + Array(label.utf8)
        unsafe crypto_auth_hmacsha256_init(state, salt.octets, salt.count)
        unsafe crypto_auth_hmacsha256_update(state, label, UInt64(label.count))
        unsafe crypto_auth_hmacsha256_update(state, input.octets, UInt64(input.count))
        unsafe crypto_auth_hmacsha256_final(state, key.octets)
    }

    /// `LabeledExpand(key, label, info, count)`: the first `count` bytes of `output`, which has room for a whole hash.
    func expand(
        _ key: UnsafeRawBufferPointer, _ label: String, _ info: [UInt8], count: Int,
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(count <= LabelledHKDF.hashCount && output.count == LabelledHKDF.hashCount, "one hash is enough")
        let input = [0, UInt8(count)] + prefix + Array(label.utf8) + info + [1]
        unsafe crypto_auth_hmacsha256_init(state, key.octets, key.count)
        unsafe crypto_auth_hmacsha256_update(state, input, UInt64(input.count))
        unsafe crypto_auth_hmacsha256_final(state, output.octets)
    }
}

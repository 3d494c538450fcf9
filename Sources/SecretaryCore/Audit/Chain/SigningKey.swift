internal import CSodium

/// An Ed25519 key pair in guarded memory.
struct SigningKey: ~Copyable {
    private let secretKey: SecretBytes
    let publicKey: [UInt8]

    static let publicCount = 32
    static let signatureCount = 64

    /// The pair of the state's seed.
    /// - Throws: `.system` when guarded memory cannot be had.
    init(seed state: borrowing AuditState) throws(SecretaryError) {
        var publicKey = [UInt8](repeating: 0, count: Self.publicCount)
        let seed = try unsafe SecretBytes(count: AuditState.keyCount) { target in
            unsafe state.withUnsafeBytes { unsafe target.copyMemory(from: $0.part(AuditState.seed)) }
        }
        secretKey = try unsafe SecretBytes(count: 64) { target in
            unsafe seed.withUnsafeBytes { seed in
                _ = unsafe crypto_sign_seed_keypair(&publicKey, target.octets, seed.octets)
            }
        }
        self.publicKey = publicKey
    }

    func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Self.signatureCount)
        unsafe secretKey.withUnsafeBytes { key in
            _ = unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), key.octets)
        }
        return signature
    }

    static func verify(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureCount, publicKey.count == publicCount else { return false }
        _ = Sodium.ready
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}

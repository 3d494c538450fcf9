internal import CSodium
internal import Synchronization

/// What a master and a config key share: computed at first use, then kept, because it costs more than all else in opening
/// an envelope.
final class KeyAgreement: Sendable {
    let master: PrivateKey
    let config: PublicKey
    private let cache = Mutex<SharedSecret?>(nil)

    init(master: PrivateKey, config: PublicKey) {
        self.master = master
        self.config = config
    }

    func secret() throws(SecretaryError) -> SharedSecret {
        try cache.withLock { (cached) throws(SecretaryError) in
            if let cached { return cached }
            let secret = try SharedSecret(privateKey: master, publicKey: config)
            cached = secret
            return secret
        }
    }
}

/// The X25519 secret of a private and a public key, and the key of `crypto_box` that NaCl derives from it.
final class SharedSecret: Sendable {
    static let count = 32
    /// X25519 (RFC 7748), which HPKE uses; then `HSalsa20` of it, which `crypto_box` uses.
    private let bytes: SecretBytes

    /// - Throws: `.wrongKey` for a public key that no one can have made (a point of low order).
    init(privateKey: PrivateKey, publicKey: PublicKey) throws(SecretaryError) {
        self.bytes = try unsafe SecretBytes(count: 2 * SharedSecret.count) { (target) throws(SecretaryError) in
            let agreed = unsafe privateKey.scalar.withUnsafeBytes { scalar in
                unsafe crypto_scalarmult(target.octets, scalar.octets, publicKey.bytes)
            }
            guard agreed == 0 else {
                throw .authenticationFailed("\(publicKey.id) is not a public key that anyone can have made")
            }
            let zero = [UInt8](repeating: 0, count: 16)
            _ = unsafe crypto_core_hsalsa20(target.octets + SharedSecret.count, zero, target.octets, nil)
        }
    }

    func withX25519<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(Failure) in
            try unsafe body(bytes.part(0, SharedSecret.count))
        }
    }

    func withBoxKey<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(Failure) in
            try unsafe body(bytes.part(SharedSecret.count, SharedSecret.count))
        }
    }
}

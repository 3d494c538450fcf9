internal import CSodium

/// A private key encrypted under a passphrase.
///
/// ```
/// version 1 byte, 0x01 | passes 4 bytes | memory 4 bytes, KiB | salt 16 bytes | public half 32 bytes | nonce 24 bytes
///     | ciphertext 32 bytes | tag 16 bytes
/// ```
/// Numbers begin with their most significant byte. XChaCha20-Poly1305 under Argon2id (RFC 9106, one lane) of the
/// passphrase; everything before the nonce is authenticated with the ciphertext.
public struct LockedKey: Sendable {
    /// What trying one passphrase costs: for us once, for who has stolen the file each time.
    public struct Cost: Hashable, Sendable {
        /// Passes over the memory.
        public var passes: Int
        /// KiB.
        public var memory: Int

        public init(passes: Int, memory: Int) {
            self.passes = passes
            self.memory = memory
        }

        /// About half a second: libsodium's `OPSLIMIT_MODERATE` and `MEMLIMIT_MODERATE`.
        public static let standard = Cost(passes: 3, memory: 256 << 10)

        /// What is accepted: a file must not take all memory of who reads it, nor all his time.
        public static let acceptable = (passes: 1...64, memory: 8...(2 << 20))

        var isAcceptable: Bool {
            Cost.acceptable.passes.contains(passes) && Cost.acceptable.memory.contains(memory)
        }
    }

    /// The shortest passphrase that is accepted for a new file, in bytes.
    public static let minimumPassphrase = 12

    private static let version: UInt8 = 1
    private static let saltCount = 16
    private static let nonceCount = 24
    private static let headerCount = 9 + saltCount + PublicKey.count
    private static let count = headerCount + nonceCount + PrivateKey.count + 16

    private let bytes: [UInt8]
    public let publicKey: PublicKey
    public let cost: Cost

    /// Encrypts `key`.
    /// - Throws: `.usage` for a passphrase that is too short, `.system` when there is not enough memory.
    public static func lock(
        _ key: PrivateKey, passphrase: borrowing SecretBytes, cost: Cost = .standard
    ) throws(SecretaryError) -> LockedKey {
        guard passphrase.count >= minimumPassphrase else {
            throw SecretaryError(
                .usage, "the passphrase has \(passphrase.count) bytes",
                hint: "take at least \(minimumPassphrase); six random words are good")
        }
        guard cost.isAcceptable else { throw SecretaryError(.usage, "\(cost) cannot be the cost of a passphrase") }
        _ = Sodium.ready
        var random = [UInt8](repeating: 0, count: saltCount + nonceCount)
        unsafe randombytes_buf(&random, random.count)
        let header =
            [version] + bigEndian(cost.passes) + bigEndian(cost.memory) + random[..<saltCount] + key.publicKey.bytes
        let nonce = Array(random[saltCount...])
        let derived = try derive(passphrase, salt: Array(random[..<saltCount]), cost: cost)
        var box = [UInt8](repeating: 0, count: PrivateKey.count + 16)
        unsafe key.scalar.withUnsafeBytes { scalar in
            unsafe derived.withUnsafeBytes { derived in
                _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &box, nil, scalar.octets, UInt64(scalar.count), header, UInt64(header.count), nil, nonce,
                    derived.octets)
            }
        }
        return try LockedKey(header + nonce + box)
    }

    init(_ bytes: [UInt8]) throws(SecretaryError) {
        guard let version = bytes.first, version == LockedKey.version else {
            throw SecretaryError(.malformed, "not a locked key that this program knows")
        }
        guard bytes.count == LockedKey.count else { throw SecretaryError(.malformed, "the locked key is cut off") }
        func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        cost = Cost(passes: number(1), memory: number(5))
        guard cost.isAcceptable else {
            throw SecretaryError(.malformed, "the locked key asks for more time or memory than is ever needed")
        }
        publicKey = try PublicKey(bytes: Array(bytes[(9 + LockedKey.saltCount)..<LockedKey.headerCount]))
        self.bytes = bytes
    }

    /// Decrypts the key; takes as long as `cost` says.
    /// - Throws: `.wrongKey` for a wrong passphrase, `.system` when there is not enough memory.
    public func unlock(passphrase: borrowing SecretBytes) throws(SecretaryError) -> PrivateKey {
        let salt = Array(bytes[9..<9 + LockedKey.saltCount])
        let derived = try LockedKey.derive(passphrase, salt: salt, cost: cost)
        let header = Array(bytes[..<LockedKey.headerCount])
        let nonce = Array(bytes[LockedKey.headerCount..<LockedKey.headerCount + LockedKey.nonceCount])
        let box = Array(bytes[(LockedKey.headerCount + LockedKey.nonceCount)...])
        let scalar = try unsafe SecretBytes(count: PrivateKey.count) { (target) throws(SecretaryError) in
            let opened = unsafe derived.withUnsafeBytes { derived in
                unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                    target.octets, nil, nil, box, UInt64(box.count), header, UInt64(header.count), nonce,
                    derived.octets) == 0
            }
            guard opened else { throw SecretaryError(.wrongKey, "the passphrase is wrong, or the file was changed") }
        }
        let key = try PrivateKey(scalar)
        guard key.publicKey == publicKey else {
            throw SecretaryError(.malformed, "the locked key is not the key that it says")
        }
        return key
    }

    /// The corresponding C function is `crypto_pwhash`.
    private static func derive(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], cost: Cost
    ) throws(SecretaryError) -> SecretBytes {
        _ = Sodium.ready
        return try unsafe SecretBytes(count: 32) { (target) throws(SecretaryError) in
            let status = unsafe passphrase.withUnsafeBytes { passphrase in
                unsafe crypto_pwhash(
                    target.octets, UInt64(target.count), passphrase.characters, UInt64(passphrase.count), salt,
                    UInt64(cost.passes), cost.memory << 10, crypto_pwhash_ALG_ARGON2ID13)
            }
            guard status == 0 else {
                throw SecretaryError(.system, "\(cost.memory >> 10) MiB of memory for the passphrase cannot be had")
            }
        }
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
}

extension LockedKey {
    private static let pemLabel = "SECRETARY LOCKED KEY"

    /// The text of a file with it.
    public var text: [UInt8] {
        Armor(
            label: LockedKey.pemLabel,
            remarks: [
                ("Key", "\(publicKey.id)"), ("Cost", "Argon2id, \(cost.passes) passes, \(cost.memory >> 10) MiB"),
            ], bytes: bytes
        ).text
    }

    /// Reads such a text.
    /// - Throws: `.malformed`.
    public init(text: [UInt8]) throws(SecretaryError) {
        try self.init(Armor.bytes(of: LockedKey.pemLabel, in: text, "a locked key"))
    }
}

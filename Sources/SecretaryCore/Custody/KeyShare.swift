internal import CSodium

/// One of several shares that make up a private key, in guarded memory.
///
/// ```
/// version 1 byte, 0x01 | set 8 bytes | master key's id 8 bytes | threshold 1 byte | count 1 byte | number 1 byte
///     | value 32 bytes | check 16 bytes
/// ```
/// The value is that of the key's polynomials at the share's number (`SecretSharing`). The check is BLAKE2b of all before
/// it: a damaged share is found out by itself.
public final class KeyShare: Sendable {
    static let version: UInt8 = 1
    static let checkCount = 16
    static let headerCount = 1 + 8 + KeyID.count + 3
    /// Bytes of a share.
    public static let count = headerCount + PrivateKey.count + checkCount

    /// Names the shares that were made together: chosen at random when they were.
    public let set: UInt64
    /// The key that they make up.
    public let key: KeyID
    /// How many of the shares are needed, and how many there are.
    public let threshold: Int
    public let shareCount: Int
    /// From 1 on.
    public let number: UInt8
    private let bytes: SecretBytes

    /// Reads a share.
    /// - Throws: `.malformed` when it is damaged or none.
    public init(_ bytes: consuming SecretBytes) throws(SecretaryError) {
        guard bytes.count == KeyShare.count else {
            throw SecretaryError(.malformed, "not a share of a key: it has \(bytes.count) bytes, not \(KeyShare.count)")
        }
        let header = unsafe bytes.withUnsafeBytes { unsafe Array($0.part(0, KeyShare.headerCount)) }
        guard header[0] == KeyShare.version else {
            throw SecretaryError(
                .malformed, "a share of version \(header[0]), and this program knows version \(KeyShare.version)",
                hint: "install a newer secretaryctl")
        }
        guard try KeyShare.isWhole(bytes) else {
            throw SecretaryError(.malformed, "the share is damaged: its check does not fit")
        }
        (threshold, shareCount, number) = (Int(header[17]), Int(header[18]), header[19])
        guard threshold >= 1, threshold <= shareCount, number >= 1, Int(number) <= shareCount else {
            throw SecretaryError(.malformed, "share \(number) of \(shareCount), \(threshold) needed, cannot be")
        }
        set = KeyID(header[1...]).rawValue
        key = KeyID(header[9...])
        self.bytes = bytes
    }

    /// Splits a key into `count` shares, any `threshold` of which make it up.
    /// - Throws: `.usage` for numbers that cannot be, `.system` when guarded memory cannot be had.
    public static func split(_ key: PrivateKey, threshold: Int, count: Int) throws(SecretaryError) -> [KeyShare] {
        guard (1...SecretSharing.maximumCount).contains(count), (1...count).contains(threshold) else {
            throw SecretaryError(
                .usage, "\(threshold) of \(count) shares cannot be needed",
                hint: "at most \(SecretSharing.maximumCount) shares, and no more are needed than there are")
        }
        let polynomials = try SecretSharing.Polynomials(of: key.scalar, threshold: threshold)
        let set = KeyID(rawValue: .random(in: 1 ... .max))
        var shares: [KeyShare] = []
        for number in 1...UInt8(count) {
            let header = [version] + set.bytes + key.id.bytes + [UInt8(threshold), UInt8(count), number]
            let bytes = try unsafe SecretBytes(count: KeyShare.count) { target in
                unsafe target.copyBytes(from: header)
                unsafe polynomials.evaluate(at: number, into: target.part(headerCount, PrivateKey.count))
                unsafe writeCheck(of: UnsafeRawBufferPointer(target.part(0, KeyShare.count - checkCount)), to: target)
            }
            shares.append(try KeyShare(bytes))
        }
        return shares
    }

    /// The share for its operator alone.
    public func sealed(to operatorKey: PublicKey) -> [UInt8] { SealedBox.seal(bytes, to: operatorKey) }

    /// Names the share without telling anything of it, as its value cannot be guessed: BLAKE2b-256.
    public var digest: [UInt8] {
        unsafe bytes.withUnsafeBytes { bytes in
            var digest = [UInt8](repeating: 0, count: BLAKE2b.count)
            unsafe digest.withUnsafeMutableBytes { digest in
                unsafe BLAKE2b.hash(bytes, UnsafeRawBufferPointer(start: nil, count: 0), into: digest)
            }
            return digest
        }
    }

    /// The key that `shares`, which are of one set, differ, and are as many as needed, make up.
    /// - Throws: `.wrongKey` when they make up another key than they say: one of them is false.
    static func combine(_ shares: [KeyShare]) throws(SecretaryError) -> PrivateKey {
        let weights = SecretSharing.weights(shares.map(\.number))
        let scalar = try unsafe SecretBytes(count: PrivateKey.count) { target in
            for (share, weight) in zip(shares, weights) {
                unsafe share.bytes.withUnsafeBytes { bytes in
                    unsafe SecretSharing.add(
                        bytes.part(headerCount, PrivateKey.count), weight: weight, to: target)
                }
            }
        }
        let key = try PrivateKey(scalar)
        guard shares.allSatisfy({ $0.key == key.id }) else {
            throw SecretaryError(
                .wrongKey,
                "the shares do not make up the key \(shares.first?.key.description ?? ""): one of them is false")
        }
        return key
    }

    private static let label = Array("secretary/share/1".utf8)

    private static func isWhole(_ bytes: borrowing SecretBytes) throws(SecretaryError) -> Bool {
        let expected = try unsafe SecretBytes(count: KeyShare.count) { target in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe target.copyMemory(from: bytes)
                unsafe writeCheck(of: bytes.part(0, KeyShare.count - checkCount), to: target)
            }
        }
        return bytes.isEqual(to: expected)
    }

    static func writeCheck(of content: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        let check = unsafe target.part(KeyShare.count - checkCount, checkCount)
        unsafe label.withOctets { label in
            _ = unsafe crypto_generichash(
                check.octets, check.count, content.octets, UInt64(content.count), label.octets, label.count)
        }
    }
}

extension KeyShare {
    private static let pemLabel = "SECRETARY KEY SHARE"

    /// The text of a file with this share, sealed to its operator.
    public func text(sealedTo operatorKey: PublicKey, named name: String) -> [UInt8] {
        Armor(
            label: KeyShare.pemLabel,
            remarks: [
                ("Key", "\(key)"), ("Set", "\(KeyID(rawValue: set))"),
                ("Share", "\(number) of \(shareCount), \(threshold) needed"), ("Operator", "\(name) \(operatorKey.id)"),
            ], bytes: sealed(to: operatorKey)
        ).text
    }

    /// Opens the share in such a text with the operator's key.
    /// - Throws: `.malformed`, and `.wrongKey` when it is sealed to somebody else.
    public static func open(text: [UInt8], by operatorKey: PrivateKey) throws(SecretaryError) -> KeyShare {
        let box = try Armor.bytes(of: pemLabel, in: text, "a share of a key")
        return try KeyShare(SealedBox.open(box, by: operatorKey))
    }
}

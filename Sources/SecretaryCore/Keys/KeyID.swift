internal import CSodium

/// Names a key without revealing it: the first 8 bytes of BLAKE2b-256 of its public half.
public struct KeyID: Hashable, Sendable, CustomStringConvertible {
    /// The 8 bytes as one number, the first byte the most significant.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The id in 8 bytes of an envelope.
    init(_ bytes: ArraySlice<UInt8>) {
        self.rawValue = bytes.prefix(KeyID.count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Number of bytes of an id in an envelope.
    static let count = 8

    var bytes: [UInt8] {
        (0..<KeyID.count).map { UInt8(truncatingIfNeeded: rawValue >> (8 * (KeyID.count - 1 - $0))) }
    }

    /// 16 hexadecimal digits.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

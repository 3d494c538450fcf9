/// Reads numbers and counted pieces of a message, and never behind its end.
@safe struct WireReader {
    private let message: UnsafeRawBufferPointer
    private var position = 0

    init(_ message: UnsafeRawBufferPointer) {
        unsafe self.message = message
    }

    var isAtEnd: Bool { unsafe position == message.count }

    /// The place of the next `count` bytes.
    /// - Throws: `.malformed` when there are not so many.
    mutating func take(_ count: Int) throws(SecretaryError) -> Range<Int> {
        guard unsafe count <= message.count - position else {
            throw SecretaryError(.malformed, unsafe "the message is cut off after \(message.count) bytes")
        }
        defer { position += count }
        return position..<position + count
    }

    /// The next `count` bytes, which are no secret.
    mutating func bytes(_ count: Int) throws(SecretaryError) -> [UInt8] {
        let range = try take(count)
        return unsafe Array(message[range])
    }

    /// A number of `count` bytes, at most 8, the most significant first.
    mutating func number(_ count: Int) throws(SecretaryError) -> UInt64 {
        try take(count).reduce(0) { unsafe $0 << 8 | UInt64(message[$1]) }
    }

    /// A piece with its length before it in `width` bytes.
    mutating func counted(_ width: Int, limit: Int) throws(SecretaryError) -> [UInt8] {
        let count = try number(width)
        guard count <= UInt64(limit) else {
            throw SecretaryError(.malformed, "\(count) bytes are given, where at most \(limit) may be")
        }
        return try bytes(Int(count))
    }

    /// What is left.
    mutating func rest() -> [UInt8] {
        defer { position = unsafe message.count }
        return unsafe Array(message[position...])
    }
}

extension FixedWidthInteger {
    /// The bytes of the number, the most significant first.
    var networkBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (Self.bitWidth - 8 - 8 * $0)) }
    }
}

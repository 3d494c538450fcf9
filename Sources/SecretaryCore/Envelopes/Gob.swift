/// Reads the primitives of Go's gob encoding; every length is checked against what is there.
///
/// See <https://pkg.go.dev/encoding/gob>, "Encoding Details".
struct GobReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// An unsigned number: one byte below 128, or the negated number of bytes and then these, the most significant first.
    mutating func uint() throws(SecretaryError) -> UInt64 {
        guard let first = rest.popFirst() else { throw GobReader.cutOff }
        if first < 0x80 { return UInt64(first) }
        let count = 0x100 - Int(first)
        guard count <= 8 else { throw GobReader.unexpected("a number of \(count) bytes") }
        return try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A signed number: shifted left by one, and complemented when the lowest bit is set.
    mutating func int() throws(SecretaryError) -> Int64 {
        let bits = try uint()
        let value = Int64(bitPattern: bits >> 1)
        return bits & 1 == 0 ? value : ~value
    }

    /// A length, then as many bytes.
    mutating func bytes() throws(SecretaryError) -> ArraySlice<UInt8> {
        try take(count())
    }

    /// A number of bytes or elements, of which each takes at least one byte.
    mutating func count() throws(SecretaryError) -> Int {
        let value = try uint()
        guard value <= rest.count else { throw GobReader.cutOff }
        return Int(value)
    }

    /// The fields of a struct: each is announced by its distance from the one before, and 0 ends them.
    mutating func fields(_ body: (inout GobReader, _ index: Int) throws(SecretaryError) -> Void) throws(SecretaryError)
    {
        var index = -1
        while true {
            let distance = try uint()
            if distance == 0 { return }
            guard distance <= 8 else { throw GobReader.unexpected("a field number") }
            index += Int(distance)
            try body(&self, index)
        }
    }

    private mutating func take(_ count: Int) throws(SecretaryError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw GobReader.cutOff }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    static let cutOff = SecretaryError(.malformed, "the gob is cut off")

    static func unexpected(_ what: String) -> SecretaryError {
        SecretaryError(.malformed, "the gob holds \(what) that does not belong there")
    }
}

/// Writes what `GobReader` reads, with the same bytes as Go.
struct GobWriter {
    private(set) var bytes: [UInt8] = []

    mutating func uint(_ value: UInt64) {
        if value < 0x80 { return bytes.append(UInt8(value)) }
        let count = (UInt64.bitWidth - value.leadingZeroBitCount + 7) / 8
        bytes.append(UInt8(0x100 - count))
        for shift in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
    }

    mutating func int(_ value: Int64) {
        uint(UInt64(bitPattern: value < 0 ? ~value : value) << 1 | (value < 0 ? 1 : 0))
    }

    mutating func bytes(_ value: some Collection<UInt8>) {
        uint(UInt64(value.count))
        bytes += value
    }
}

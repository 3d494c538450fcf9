/// The bytes of a config file with its name, for errors that say where.
struct SourceText {
    let name: String
    let bytes: [UInt8]

    /// What a byte order mark takes at the start: 3 bytes or none.
    var start: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    /// `NAME:LINE:COLUMN: what`.
    func malformed(_ what: String, at offset: Int, hint: String? = nil) -> SecretaryError {
        var cursor = SourceCursor(self)
        cursor.move(toByte: offset, in: bytes)
        return malformed(what, line: cursor.line, column: cursor.column, hint: hint)
    }

    func malformed(_ what: String, line: Int, column: Int, hint: String? = nil) -> SecretaryError {
        SecretaryError(.malformed, "\(name):\(line):\(column): \(what)", hint: hint)
    }

    func malformed(_ what: String, at location: SourceLocation, hint: String? = nil) -> SecretaryError {
        malformed(what, line: location.line, column: location.column, hint: hint)
    }

    /// Whether the text begins as UTF-16 does, with or without a byte order mark.
    var isUTF16: Bool {
        bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            || (bytes.count >= 2 && (bytes[0] == 0) != (bytes[1] == 0))
    }

    /// Text that is not the UTF-8 it has to be, said at its first wrong byte; `nil` when it is.
    func encodingError() -> SecretaryError? {
        if isUTF16 {
            return malformed("the file is UTF-16", at: 0, hint: "save it as UTF-8")
        }
        guard let offset = UTF8Check.firstInvalid(in: bytes) else { return nil }
        return malformed("the text is not UTF-8", at: offset, hint: "save the file as UTF-8")
    }
}

/// A place in a text that moves forward and counts lines and columns on its way, so that placing all values of a file
/// costs one walk over it, even if it is a single line.
struct SourceCursor {
    private(set) var byte: Int
    /// Unicode scalars before `byte`, a byte order mark not counted: libyaml's `index`.
    private(set) var character = 0
    private(set) var line = 1
    private(set) var column = 1
    private let start: Int

    init(_ text: SourceText) {
        start = text.start
        byte = start
    }

    /// Moves to a byte offset, at most to the end.
    mutating func move(toByte target: Int, in bytes: [UInt8]) {
        if target < byte { restart() }
        let end = min(target, bytes.count)
        while byte < end { step(bytes) }
    }

    /// Moves to the scalar with this index, at most to the end.
    mutating func move(toCharacter target: Int, in bytes: [UInt8]) {
        if target < character { restart() }
        while character < target, byte < bytes.count { step(bytes) }
    }

    /// The place of a range that begins at the cursor.
    func location(to end: Int) -> SourceLocation {
        SourceLocation(line: line, column: column, range: byte..<max(byte, end))
    }

    /// Moves to the start of a range, and answers its place.
    mutating func location(of range: Range<Int>, in bytes: [UInt8]) -> SourceLocation {
        move(toByte: range.lowerBound, in: bytes)
        return SourceLocation(line: line, column: column, range: range)
    }

    private mutating func restart() {
        (byte, character, line, column) = (start, 0, 1, 1)
    }

    /// Over one scalar; the text is known to be UTF-8.
    @inline(__always)
    private mutating func step(_ bytes: [UInt8]) {
        let first = bytes[byte]
        byte += 1
        character += 1
        column += 1
        if first == 0x0A || (first == 0x0D && !(byte < bytes.count && bytes[byte] == 0x0A)) {
            line += 1
            column = 1
        } else if first >= 0x80 {
            while byte < bytes.count, bytes[byte] & 0xC0 == 0x80 { byte += 1 }
        }
    }
}

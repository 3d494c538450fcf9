/// A string of JSON between its quotes (RFC 8259, section 7).
struct JSONString {
    struct Failure: Error {
        let what: String
        let offset: Int
        var hint: String?
    }

    private let bytes: [UInt8]
    /// After `scan`, the offset behind the closing quote.
    private(set) var index: Int

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        index = start
    }

    /// The unescaped bytes, up to the closing quote.
    mutating func scan() throws(Failure) -> [UInt8] {
        let start = index
        var result: [UInt8] = []
        var copied = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                result += bytes[copied..<index]
                index += 1
                return result
            }
            guard byte >= 0x20 else {
                throw Failure(
                    what: byte == 0x0A || byte == 0x0D
                        ? "a string ends on the line where it begins" : "a control character inside a string",
                    offset: index, hint: "write \\n for a line break, \\t for a tab, \\u00XX for others")
            }
            guard byte == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            result += bytes[copied..<index]
            try escape(into: &result)
            copied = index
        }
        throw Failure(what: "the string has no closing quote", offset: start - 1)
    }

    private mutating func escape(into result: inout [UInt8]) throws(Failure) {
        let start = index
        guard index + 1 < bytes.count else { throw Failure(what: "the document ends inside a string", offset: index) }
        let letter = bytes[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try hexadecimal(start)
            guard Unicode.UTF16.isLeadSurrogate(unit) || Unicode.UTF16.isTrailSurrogate(unit) else {
                result += Array(String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
                return
            }
            let second = index
            guard Unicode.UTF16.isLeadSurrogate(unit), bytes[index...].starts(with: [0x5C, UInt8(ascii: "u")]) else {
                throw Failure(what: "half of a surrogate pair", offset: start)
            }
            index += 2
            let low = try hexadecimal(second)
            guard Unicode.UTF16.isTrailSurrogate(low) else {
                throw Failure(what: "half of a surrogate pair", offset: start)
            }
            result += Array(String(SurrogatePair.scalar(high: unit, low: low)).utf8)
        default:
            throw Failure(what: "an escape that JSON does not have", offset: start, hint: "write \\\\ for a backslash")
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(Failure) -> UInt16 {
        guard let value = HexDigits.four(in: bytes, at: index) else {
            throw Failure(what: "four hexadecimal digits have to follow \\u", offset: start)
        }
        index += 4
        return value
    }
}

/// Two UTF-16 units that make one character.
enum SurrogatePair {
    static func scalar(high: UInt16, low: UInt16) -> Unicode.Scalar {
        let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }
}

enum HexDigits {
    /// The number that four hexadecimal digits write; `nil` when there are not four.
    static func four(in bytes: [UInt8], at start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt16 = 0
        for byte in bytes[start..<(start + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// Finds a string in the text of a JSON object without copying anything.
///
/// Lenient with what is skipped; what is found is between quotes, behind its name, in the outermost object.
@safe struct JSONScanner {
    private let text: UnsafeRawBufferPointer
    private var index = 0

    init(_ text: UnsafeRawBufferPointer) {
        unsafe self.text = text
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Where the value of the member `name` is, without its quotes; `nil` when there is none, or it is no string.
    mutating func member(_ name: String) -> Range<Int>? {
        var depth = 0
        while unsafe index < text.count {
            let byte = unsafe text[index]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                guard let found = string() else { return nil }
                // A string before a colon is a name.
                guard depth == 1, next() == UInt8(ascii: ":"),
                    unsafe text[found].elementsEqual(name.utf8)
                else { continue }
                index += 1
                return next() == UInt8(ascii: "\"") ? string() : nil
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The string that begins here; afterwards the index is behind it.
    private mutating func string() -> Range<Int>? {
        let start = index + 1
        index = start
        while unsafe index < text.count {
            switch unsafe text[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""):
                index += 1
                return start..<(index - 1)
            default: index += 1
            }
        }
        return nil
    }

    /// The next byte that is no space.
    private mutating func next() -> UInt8? {
        while unsafe index < text.count, unsafe JSONScanner.isSpace(text[index]) { index += 1 }
        return unsafe index < text.count ? unsafe text[index] : nil
    }

    /// Writes what the text between the quotes stands for.
    ///
    /// An escape takes more room than the character that it stands for, so the target never has to be larger.
    /// - Returns: the number of bytes written.
    static func unescape(_ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        var index = 0
        func write(_ bytes: some Collection<UInt8>) {
            for byte in bytes {
                unsafe target[count] = byte
                count += 1
            }
        }
        while index < text.count {
            guard unsafe text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
                write(CollectionOfOne(unsafe text[index]))
                index += 1
                continue
            }
            let letter = unsafe text[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): write([0x08])
            case UInt8(ascii: "f"): write([0x0C])
            case UInt8(ascii: "n"): write([0x0A])
            case UInt8(ascii: "r"): write([0x0D])
            case UInt8(ascii: "t"): write([0x09])
            case UInt8(ascii: "u"):
                let digits = unsafe String(decoding: text[index..<min(index + 4, text.count)], as: UTF8.self)
                index = min(index + 4, text.count)
                // Half of a surrogate pair: base64, tokens and times, which this is for, have none.
                write((UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "?").utf8)
            default: write([letter])
            }
        }
        return count
    }
}

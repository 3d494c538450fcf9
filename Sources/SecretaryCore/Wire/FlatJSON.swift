/// A JSON object (RFC 8259) that holds only strings, each name once, where it lies: it may be guarded memory.
enum FlatJSON {
    /// Places of the members between their quotes, escapes and all.
    typealias Members = [(name: String, value: Range<Int>)]

    /// More than any message has: each name is compared with those before it.
    private static let maximumCount = 100

    /// - Throws: `.malformed`, never showing any of the text.
    static func members(in json: UnsafeRawBufferPointer) throws(SecretaryError) -> Members {
        var scanner = unsafe JSONScanner(json)
        var members: Members = []
        try scanner.expect(UInt8(ascii: "{"))
        if scanner.takes(UInt8(ascii: "}")) { return try scanner.ended(members) }
        repeat {
            let name = try unsafe text(json.part(scanner.string()))
            guard members.count < maximumCount, !members.contains(where: { $0.name == name }) else {
                throw JSONScanner.malformed
            }
            try scanner.expect(UInt8(ascii: ":"))
            members.append((name, try scanner.string()))
        } while scanner.takes(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "}"))
        return try scanner.ended(members)
    }

    /// The object's strings, which are no secrets.
    static func strings(in json: [UInt8]) throws(SecretaryError) -> [String: String] {
        try unsafe json.withOctets { (json) throws(SecretaryError) -> [String: String] in
            var strings: [String: String] = [:]
            for (name, value) in try unsafe members(in: json) { strings[name] = try unsafe text(json.part(value)) }
            return strings
        }
    }

    private static func text(_ escaped: UnsafeRawBufferPointer) throws(SecretaryError) -> String {
        var bytes = [UInt8](repeating: 0, count: escaped.count)
        let count = try unsafe bytes.withUnsafeMutableBufferPointer { (target) throws(SecretaryError) in
            try unsafe unescape(escaped, into: UnsafeMutableRawBufferPointer(target))
        }
        guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else { throw JSONScanner.malformed }
        return text
    }

    /// Writes what is between the quotes of a string to `target`, which is at least as large.
    /// - Returns: the number of bytes written.
    static func unescape(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer)
        throws(SecretaryError) -> Int
    {
        var writer = unsafe GuardedWriter(target)
        var index = 0
        while index < source.count {
            let byte = unsafe source[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                writer.append(byte)
                continue
            }
            // The scanner has seen that a character follows.
            let letter = unsafe source[index]
            index += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): writer.append(letter)
            case UInt8(ascii: "b"): writer.append(0x08)
            case UInt8(ascii: "f"): writer.append(0x0C)
            case UInt8(ascii: "n"): writer.append(0x0A)
            case UInt8(ascii: "r"): writer.append(0x0D)
            case UInt8(ascii: "t"): writer.append(0x09)
            case UInt8(ascii: "u"): writer.append(Array(String(try unsafe character(in: source, at: &index)).utf8))
            default: throw JSONScanner.malformed
            }
        }
        return writer.position
    }

    /// The character whose hexadecimal digits begin at `index`; a surrogate needs its second half.
    private static func character(in source: UnsafeRawBufferPointer, at index: inout Int) throws(SecretaryError)
        -> Unicode.Scalar
    {
        let unit = try unsafe unit(in: source, at: &index)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard Unicode.UTF16.isLeadSurrogate(unit), index + 2 <= source.count,
            unsafe source.part(index, 2).elementsEqual("\\u".utf8)
        else { throw JSONScanner.malformed }
        index += 2
        let low = try unsafe self.unit(in: source, at: &index)
        guard Unicode.UTF16.isTrailSurrogate(low) else { throw JSONScanner.malformed }
        return SurrogatePair.scalar(high: unit, low: low)
    }

    private static func unit(in source: UnsafeRawBufferPointer, at index: inout Int) throws(SecretaryError) -> UInt16 {
        guard index + 4 <= source.count,
            let unit = unsafe HexDigits.four(in: Array(source.part(index, 4)), at: 0)
        else { throw JSONScanner.malformed }
        index += 4
        return unit
    }
}

/// Walks over JSON's punctuation and strings.
@safe private struct JSONScanner {
    static let malformed = SecretaryError(.malformed, "the message is not JSON as it should be")

    private let json: UnsafeRawBufferPointer
    private var index = 0

    init(_ json: UnsafeRawBufferPointer) {
        unsafe self.json = json
    }

    mutating func takes(_ byte: UInt8) -> Bool {
        skipSpace()
        guard unsafe index < json.count, unsafe json[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(SecretaryError) {
        guard takes(byte) else { throw JSONScanner.malformed }
    }

    /// The place of a string between its quotes.
    mutating func string() throws(SecretaryError) -> Range<Int> {
        try expect(UInt8(ascii: "\""))
        let start = index
        while unsafe index < json.count {
            let byte = unsafe json[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return start..<index - 1
            }
            guard byte >= 0x20 else { break }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw JSONScanner.malformed
    }

    /// `result`, when nothing follows.
    mutating func ended<Result>(_ result: Result) throws(SecretaryError) -> Result {
        skipSpace()
        guard unsafe index == json.count else { throw JSONScanner.malformed }
        return result
    }

    private mutating func skipSpace() {
        while unsafe index < json.count, unsafe [0x20, 0x0A, 0x0D, 0x09].contains(json[index]) { index += 1 }
    }
}

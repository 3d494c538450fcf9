/// Reads `.env` files: `NAME=value` a line, as shells and the common dotenv libraries agree on it.
///
/// `export ` before a name, white space around `=`, comments and blank lines are allowed. Values are
/// - unquoted: to the end of the line or to ` #`, trimmed, nothing is an escape;
/// - in single quotes: as written, over several lines if wanted;
/// - in double quotes: the same, with `\n \r \t \\ \" \$` and `` \` `` as escapes and a backslash before anything else kept.
///
/// `$NAME` is never expanded. The dialect is described in `Documentation/config-repo.md`.
struct DotenvReader {
    private let text: SourceText
    private var index: Int
    private var cursor: SourceCursor
    private var budget = NodeBudget()

    static func read(_ text: SourceText) throws(SecretaryError) -> ConfigNode {
        if let error = text.encodingError() { throw error }
        var reader = DotenvReader(text)
        return try reader.file()
    }

    private init(_ text: SourceText) {
        self.text = text
        index = text.start
        cursor = SourceCursor(text)
    }

    private mutating func file() throws(SecretaryError) -> ConfigNode {
        var entries: [ConfigNode.Entry] = []
        var register = KeyRegister()
        while true {
            skip { DotenvReader.isBlank($0) || DotenvReader.isBreak($0) }
            guard let byte = peek else { return .mapping(entries) }
            if byte == UInt8(ascii: "#") {
                skip { !DotenvReader.isBreak($0) }
                continue
            }
            let (name, location) = try name()
            try register.add(name, at: location, in: text)
            try budget.spend(at: NodeBudget.Place(), location, in: text)
            entries.append(ConfigNode.Entry(key: name, location: location, node: try value(of: name)))
        }
    }

    private mutating func name() throws(SecretaryError) -> (String, SourceLocation) {
        var start = index
        var end = scanName()
        if text.bytes[start..<end].elementsEqual("export".utf8), let byte = peek, DotenvReader.isBlank(byte) {
            skip(DotenvReader.isBlank)
            if peek != UInt8(ascii: "=") {
                start = index
                end = scanName()
            }
        }
        guard end > start, !DotenvReader.isDigit(text.bytes[start]) else {
            throw text.malformed(
                "a line should be NAME=value, a comment or empty", at: start,
                hint: "names are letters, digits, _, - and .; a value of several lines needs quotes")
        }
        let name = String(decoding: text.bytes[start..<end], as: UTF8.self)
        skip(DotenvReader.isBlank)
        guard peek == UInt8(ascii: "=") else {
            throw text.malformed(
                "there is no = after \(name)", at: index,
                hint: "write \(name)= for an empty value; a value of several lines needs quotes")
        }
        let location = location(from: start, to: end)
        index += 1
        skip(DotenvReader.isBlank)
        return (name, location)
    }

    private mutating func scanName() -> Int {
        skip { byte in
            DotenvReader.isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        return index
    }

    private mutating func value(of name: String) throws(SecretaryError) -> ConfigNode {
        let start = index
        let bytes: [UInt8]
        switch peek {
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            bytes = try quoted(by: text.bytes[start], name: name)
        default:
            bytes = unquoted()
        }
        return .value(
            ConfigValue(value: Value(scanning: bytes), location: location(from: start, to: index)))
    }

    private mutating func unquoted() -> [UInt8] {
        let start = index
        var end = index
        while let byte = peek, !DotenvReader.isBreak(byte) {
            // A comment needs white space before it: `#` is common in passwords.
            if byte == UInt8(ascii: "#"), DotenvReader.isBlank(text.bytes[index - 1]) { break }
            index += 1
            if !DotenvReader.isBlank(byte) { end = index }
        }
        skip { !DotenvReader.isBreak($0) }
        defer { index = end }
        return Array(text.bytes[start..<end])
    }

    private mutating func quoted(by quote: UInt8, name: String) throws(SecretaryError) -> [UInt8] {
        let start = index
        var bytes: [UInt8] = []
        index += 1
        while let byte = peek, byte != quote {
            index += 1
            if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let letter = peek {
                index += 1
                if let escaped = DotenvReader.escapes[letter] {
                    bytes.append(escaped)
                } else {
                    bytes += [byte, letter]
                }
            } else {
                bytes.append(byte)
            }
        }
        guard peek == quote else { throw text.malformed("the value of \(name) has no closing quote", at: start) }
        index += 1
        let end = index
        skip(DotenvReader.isBlank)
        if let byte = peek, !DotenvReader.isBreak(byte), byte != UInt8(ascii: "#") || index == end {
            throw text.malformed(
                "something follows the closing quote of \(name)", at: index,
                hint: "put the whole value into one pair of quotes")
        }
        index = end
        return bytes
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "\""): UInt8(ascii: "\""),
        UInt8(ascii: "$"): UInt8(ascii: "$"), UInt8(ascii: "`"): UInt8(ascii: "`"),
    ]

    // MARK: Bytes

    private var peek: UInt8? { index < text.bytes.count ? text.bytes[index] : nil }

    private mutating func skip(_ matches: (UInt8) -> Bool) {
        while let byte = peek, matches(byte) { index += 1 }
    }

    private mutating func location(from start: Int, to end: Int) -> SourceLocation {
        cursor.location(of: start..<end, in: text.bytes)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

/// Reads Java `.properties` files as `java.util.Properties.load` does: `=`, `:` or white space after the key, `#` and `!`
/// comments, a backslash at the end of a line continues it, `\t \n \r \f \uXXXX` are escapes and a backslash before any
/// other character is dropped.
///
/// The text is UTF-8; a file that is not valid UTF-8 is read as ISO-8859-1, as Java's resource bundles do since Java 9.
/// A name that is there twice is an error, where Java would take the last.
struct PropertiesReader {
    private let text: SourceText
    private let isLatin1: Bool
    private var index: Int
    private var cursor: SourceCursor
    private var budget = NodeBudget()

    static func read(_ text: SourceText) throws(SecretaryError) -> ConfigNode {
        let error = text.encodingError()
        if let error, text.isUTF16 { throw error }
        var reader = PropertiesReader(text, isLatin1: error != nil)
        return try reader.file()
    }

    private init(_ text: SourceText, isLatin1: Bool) {
        self.text = text
        self.isLatin1 = isLatin1
        index = text.start
        cursor = SourceCursor(text)
    }

    private mutating func file() throws(SecretaryError) -> ConfigNode {
        var entries: [ConfigNode.Entry] = []
        var register = KeyRegister()
        while true {
            while let byte = peek, isBlank(byte) || isBreak(byte) { index += 1 }
            guard let byte = peek else { return .mapping(entries) }
            if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "!") {
                while let byte = peek, !isBreak(byte) { index += 1 }
                continue
            }
            let keyStart = index
            let key = String(decoding: try element(endsAtSeparator: true), as: UTF8.self)
            let location = cursor.location(of: keyStart..<index, in: text.bytes)
            try register.add(key, at: location, in: text)
            try budget.spend(at: NodeBudget.Place(), location, in: text)
            skipSeparator()
            let valueStart = index
            let bytes = try element(endsAtSeparator: false)
            let value = ConfigValue(
                value: Value(scanning: bytes),
                location: cursor.location(of: valueStart..<index, in: text.bytes))
            entries.append(ConfigNode.Entry(key: key, location: location, node: .value(value)))
        }
    }

    /// The unescaped bytes up to the end of the logical line or, for a key, to what separates it from its value.
    private mutating func element(endsAtSeparator: Bool) throws(SecretaryError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = peek, !isBreak(byte) {
            if endsAtSeparator, isBlank(byte) || isAssignment(byte) { break }
            index += 1
            if byte == UInt8(ascii: "\\") {
                try escape(into: &bytes)
            } else {
                append(byte, to: &bytes)
            }
        }
        return bytes
    }

    /// White space with at most one `=` or `:` in it, over continued lines too.
    private mutating func skipSeparator() {
        skipBlanks()
        if let byte = peek, isAssignment(byte) {
            index += 1
            skipBlanks()
        }
    }

    private mutating func skipBlanks() {
        while let byte = peek {
            if isBlank(byte) {
                index += 1
            } else if byte == UInt8(ascii: "\\"), index + 1 < text.bytes.count, isBreak(text.bytes[index + 1]) {
                index += 1
                skipBreak()
            } else {
                return
            }
        }
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(SecretaryError) {
        guard let letter = peek else { return }
        if isBreak(letter) {
            skipBreak()
            while let byte = peek, isBlank(byte) { index += 1 }
            return
        }
        let start = index - 1
        index += 1
        switch letter {
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "u"): bytes += String(try character(from: start)).utf8
        default: append(letter, to: &bytes)
        }
    }

    private mutating func character(from start: Int) throws(SecretaryError) -> Unicode.Scalar {
        let unit = try hexadecimal(start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard Unicode.UTF16.isLeadSurrogate(unit), text.bytes[index...].starts(with: [0x5C, UInt8(ascii: "u")]) else {
            throw text.malformed("half of a surrogate pair", at: start)
        }
        index += 2
        let low = try hexadecimal(start)
        guard Unicode.UTF16.isTrailSurrogate(low) else { throw text.malformed("half of a surrogate pair", at: start) }
        return SurrogatePair.scalar(high: unit, low: low)
    }

    private mutating func hexadecimal(_ start: Int) throws(SecretaryError) -> UInt16 {
        guard let value = HexDigits.four(in: text.bytes, at: index) else {
            throw text.malformed(
                "four hexadecimal digits have to follow \\u", at: start, hint: "write \\\\ for a backslash")
        }
        index += 4
        return value
    }

    // MARK: Bytes

    private var peek: UInt8? { index < text.bytes.count ? text.bytes[index] : nil }

    private mutating func skipBreak() {
        let byte = peek
        index += 1
        if byte == 0x0D, peek == 0x0A { index += 1 }
    }

    private func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        if isLatin1, byte >= 0x80 {
            bytes += [0xC0 | byte >> 6, 0x80 | byte & 0x3F]
        } else {
            bytes.append(byte)
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0C }
    private func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
    private func isAssignment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }
}

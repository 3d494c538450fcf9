/// How a value is written into a rendered file.
enum ValueEncoding: UInt8 {
    /// As it is.
    case raw
    /// In quotes, as a POSIX shell and dotenv libraries read it back.
    case dotenv
    /// A string of JSON with its quotes.
    case json

    /// The most bytes that a value of `count` bytes can take.
    func worstCount(_ count: Int) -> Int {
        switch self {
        case .raw: count
        case .dotenv: 2 * count + 2
        case .json: 6 * count + 2
        }
    }

    /// Writes a value.
    /// - Throws: `.malformed` for a value that the format cannot hold; nothing of it is named.
    func write(_ value: UnsafeRawBufferPointer, to writer: inout GuardedWriter) throws(SecretaryError) {
        switch self {
        case .raw: unsafe writer.append(value)
        case .dotenv: try unsafe ValueEncoding.writeDotenv(value, to: &writer)
        case .json: try unsafe ValueEncoding.writeJSON(value, to: &writer)
        }
    }

    /// The encoded form of text that is not secret.
    func encode(_ text: [UInt8]) throws(SecretaryError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: worstCount(text.count))
        let count = try unsafe result.withUnsafeMutableBufferPointer { (target) throws(SecretaryError) in
            var writer = unsafe GuardedWriter(UnsafeMutableRawBufferPointer(target))
            try unsafe text.withOctets { (source) throws(SecretaryError) in
                try unsafe write(source, to: &writer)
            }
            return writer.position
        }
        result.removeLast(result.count - count)
        return result
    }

    /// Quotes a value so that shells always, and dotenv libraries as far as they can, read it back.
    ///
    /// The libraries disagree about escapes in double quotes, and some know an escape or two in single quotes: each form is
    /// only used for what everybody reads alike, and what a shell reads is the last resort.
    private static func writeDotenv(
        _ value: UnsafeRawBufferPointer, to writer: inout GuardedWriter
    ) throws(SecretaryError) {
        if unsafe value.contains(0) {
            throw SecretaryError(
                .malformed, "the value has a NUL byte, which no variable can hold",
                hint: "use the format json or template, or a file of its own")
        }
        let doubleQuote = UInt8(ascii: "\"")
        let singleQuote = UInt8(ascii: "'")
        let backslash = UInt8(ascii: "\\")
        if unsafe !value.contains(where: isSpecial) {
            writer.append(doubleQuote)
            unsafe writer.append(value)
            writer.append(doubleQuote)
        } else if unsafe isLiteral(value) {
            writer.append(singleQuote)
            unsafe writer.append(value)
            writer.append(singleQuote)
        } else {
            writer.append(doubleQuote)
            for index in 0..<value.count {
                let byte = unsafe value[index]
                if isSpecial(byte) { writer.append(backslash) }
                writer.append(byte)
            }
            writer.append(doubleQuote)
        }
    }

    /// Whether nothing in the value could end single quotes or be an escape in them: no single quote, no two backslashes in
    /// a row, and none at the end.
    private static func isLiteral(_ value: UnsafeRawBufferPointer) -> Bool {
        var afterBackslash = false
        for index in 0..<value.count {
            let byte = unsafe value[index]
            let isBackslash = byte == UInt8(ascii: "\\")
            if byte == UInt8(ascii: "'") || afterBackslash && isBackslash { return false }
            afterBackslash = isBackslash
        }
        return !afterBackslash
    }

    /// What a shell gives a meaning inside double quotes.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "$")
            || byte == UInt8(ascii: "`")
    }

    private static func writeJSON(
        _ value: UnsafeRawBufferPointer, to writer: inout GuardedWriter
    ) throws(SecretaryError) {
        guard unsafe UTF8Check.firstInvalid(in: value) == nil else {
            throw SecretaryError(
                .malformed, "the value is not UTF-8, which JSON has to be", hint: "use a file of its own for it")
        }
        writer.append(UInt8(ascii: "\""))
        for index in 0..<value.count {
            let byte = unsafe value[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                writer.append(UInt8(ascii: "\\"))
                writer.append(byte)
            case 0x0A: writer.append([UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x00..<0x20:
                writer.append([UInt8](("\\u00").utf8))
                writer.append(digits[Int(byte >> 4)])
                writer.append(digits[Int(byte & 15)])
            default: writer.append(byte)
            }
        }
        writer.append(UInt8(ascii: "\""))
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

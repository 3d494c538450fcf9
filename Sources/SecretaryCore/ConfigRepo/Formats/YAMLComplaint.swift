internal import Glibc

/// Turns libyaml's complaints into errors with a place and, for the mistakes that people make, a way out.
enum YAMLComplaint {
    static func error(for failure: YAMLFailure, in text: SourceText) -> SecretaryError {
        var cursor = SourceCursor(text)
        switch failure.place {
        case .byte(let offset): cursor.move(toByte: text.start + offset, in: text.bytes)
        case .character(let index): cursor.move(toCharacter: index, in: text.bytes)
        }
        var what = failure.problem
        if let context = failure.context {
            var since = SourceCursor(text)
            since.move(toCharacter: context.since, in: text.bytes)
            what += " (\(context.what) that begins on line \(since.line))"
        }
        let found = cursor.byte < text.bytes.count ? text.bytes[cursor.byte] : nil
        let isEnvelope = found == UInt8(ascii: "[") && text.bytes[..<cursor.byte].suffix(3).elementsEqual("ENC".utf8)
        return text.malformed(
            what, line: cursor.line, column: cursor.column,
            hint: isEnvelope
                ? "inside [ ] and { } an envelope needs quotes: 'ENC[…]'" : hint(failure.problem, found: found))
    }

    private static func hint(_ problem: String, found: UInt8?) -> String? {
        switch (problem, found) {
        case (_, 0x09): "YAML is indented with spaces, not with tabs"
        case ("found character that cannot start any token", _):
            "quote a value that begins with @, ` or %"
        case ("mapping values are not allowed in this context", _):
            "quote a value that holds a colon and a space, and check the indentation"
        case ("did not find expected key", _), ("did not find expected '-' indicator", _):
            "check the indentation of this line and of the one before"
        case ("found unexpected end of stream", _): "a closing quote is missing"
        case ("control characters are not allowed", _): "write it as an escape inside double quotes"
        default: nil
        }
    }
}

/// libyaml compares each `%TAG` directive with all before it; a megabyte of them would keep it busy for minutes.
enum YAMLDirectives {
    static let limit = 64

    static func check(_ text: SourceText) throws(SecretaryError) {
        var count = 0
        var position = 0
        while let index = find(UInt8(ascii: "%"), in: text.bytes, from: position) {
            position = index + 1
            guard index == 0 || text.bytes[index - 1] == 0x0A || text.bytes[index - 1] == 0x0D,
                text.bytes[index...].starts(with: "%TAG".utf8)
            else { continue }
            count += 1
            if count > limit { throw text.malformed("more than \(limit) %TAG directives", at: index) }
        }
    }

    private static func find(_ byte: UInt8, in bytes: [UInt8], from position: Int) -> Int? {
        unsafe bytes.withUnsafeBytes { (bytes) -> Int? in
            guard let base = bytes.baseAddress, position < bytes.count else { return nil }
            return unsafe memchr(base + position, Int32(byte), bytes.count - position).map {
                unsafe UnsafeRawPointer($0) - base
            }
        }
    }
}

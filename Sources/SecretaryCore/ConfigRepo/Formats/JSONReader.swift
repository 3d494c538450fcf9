/// Reads JSON as RFC 8259 defines it, with two rules on top: a key may be there only once, and nesting is limited.
///
/// Works on bytes and keeps each value's exact place, so that a value can be replaced without touching the rest.
struct JSONReader {
    private let text: SourceText
    private var index: Int
    private var cursor: SourceCursor
    private var budget = NodeBudget()

    static func read(_ text: SourceText) throws(SecretaryError) -> ConfigNode {
        if let error = text.encodingError() { throw error }
        var reader = JSONReader(text)
        reader.skipSpace()
        // An empty file is an empty config, as in the other formats.
        if reader.index == text.bytes.count { return .mapping([]) }
        let node = try reader.node(at: NodeBudget.Place())
        reader.skipSpace()
        if reader.index < text.bytes.count {
            throw reader.complaint("something follows the end of the document")
        }
        return node
    }

    private init(_ text: SourceText) {
        self.text = text
        index = text.start
        cursor = SourceCursor(text)
    }

    private mutating func node(at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        let location = location(from: index, to: index)
        try budget.spend(at: place, location, in: text)
        switch peek {
        case UInt8(ascii: "{"):
            try NodeBudget.checkDepth(of: place, at: location, in: text)
            return try object(at: place)
        case UInt8(ascii: "["):
            try NodeBudget.checkDepth(of: place, at: location, in: text)
            return try array(at: place)
        case UInt8(ascii: "\""):
            let (bytes, location) = try string()
            return .value(ConfigValue(value: Value(scanning: bytes), location: location))
        case .some(let byte) where byte == UInt8(ascii: "-") || JSONNumber.isDigit(byte):
            guard let end = JSONNumber.end(in: text.bytes, from: index) else {
                throw complaint("this is not a number of JSON", hint: "quote it to make it text")
            }
            return literal(to: end, .number)
        case UInt8(ascii: "t"): return try word("true", .boolean)
        case UInt8(ascii: "f"): return try word("false", .boolean)
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw complaint("the document ends where a value should be")
        default: throw complaint("a value should be here", hint: "text needs double quotes")
        }
    }

    private mutating func object(at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        index += 1
        var entries: [ConfigNode.Entry] = []
        var register = KeyRegister()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .mapping([]) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else {
                throw complaint(
                    "a key should be here",
                    hint: peek == UInt8(ascii: "}") ? "delete the comma before it" : "keys need double quotes")
            }
            let (bytes, location) = try string()
            let key = String(decoding: bytes, as: UTF8.self)
            try register.add(key, at: location, in: text)
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw complaint("a colon should follow the key \"\(key)\"") }
            skipSpace()
            entries.append(ConfigNode.Entry(key: key, location: location, node: try node(at: place.below(key))))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .mapping(entries) }
            guard take(UInt8(ascii: ",")) else { throw complaint("a comma or } should be here") }
        }
    }

    private mutating func array(at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        index += 1
        var nodes: [ConfigNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .sequence([]) }
        while true {
            skipSpace()
            if peek == UInt8(ascii: "]") {
                throw complaint("a value should be here", hint: "delete the comma before it")
            }
            nodes.append(try node(at: place.below("\(nodes.count)")))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .sequence(nodes) }
            guard take(UInt8(ascii: ",")) else { throw complaint("a comma or ] should be here") }
        }
    }

    /// A string at its opening quote: its bytes, and its place with both quotes.
    private mutating func string() throws(SecretaryError) -> (bytes: [UInt8], location: SourceLocation) {
        let start = index
        var scanner = JSONString(text.bytes, from: start + 1)
        do {
            let bytes = try scanner.scan()
            index = scanner.index
            return (bytes, location(from: start, to: index))
        } catch {
            throw text.malformed(error.what, at: error.offset, hint: error.hint)
        }
    }

    private mutating func word(_ word: String, _ kind: ConfigValue.Kind) throws(SecretaryError) -> ConfigNode {
        guard text.bytes[index...].starts(with: word.utf8) else {
            throw complaint("a value should be here", hint: "text needs double quotes")
        }
        return literal(to: index + word.utf8.count, kind)
    }

    private mutating func literal(to end: Int, _ kind: ConfigValue.Kind) -> ConfigNode {
        let bytes = Array(text.bytes[index..<end])
        let location = location(from: index, to: end)
        index = end
        return .value(ConfigValue(value: Value(scanning: bytes), location: location, kind: kind))
    }

    // MARK: Bytes

    private var peek: UInt8? { index < text.bytes.count ? text.bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func location(from start: Int, to end: Int) -> SourceLocation {
        cursor.location(of: start..<end, in: text.bytes)
    }

    private func complaint(_ what: String, hint: String? = nil) -> SecretaryError {
        text.malformed(what, at: index, hint: hint)
    }
}

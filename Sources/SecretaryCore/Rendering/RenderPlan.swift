/// The pieces of a rendered file while they are put together.
struct RenderPlan {
    /// What the paths of values begin with, as the view sees them.
    let base: ConfigPath
    private(set) var values: [ConfigLeaf] = []
    /// Bytes at worst.
    private(set) var count = 0
    private var pieces: [Rendering.Piece] = []
    private var text: [UInt8] = []

    init(base: ConfigPath) {
        self.base = base
    }

    /// All pieces, with neighbouring texts joined.
    var finished: [Rendering.Piece] { text.isEmpty ? pieces : pieces + [.literal(text)] }

    mutating func add(_ literal: some Collection<UInt8>) throws(SecretaryError) {
        text += literal
        try grow(by: literal.count)
    }

    /// Adds a value: what holds no envelope is written at once, in the size it has.
    mutating func add(_ leaf: ConfigLeaf, as encoding: ValueEncoding) throws(SecretaryError) {
        if let literal = leaf.value.value.literalBytes {
            do {
                return try add(encoding.encode(literal))
            } catch {
                throw error.prefixed(base.appending(leaf.path).description)
            }
        }
        if !text.isEmpty { pieces.append(.literal(text)) }
        text = []
        pieces.append(.value(values.count, encoding))
        values.append(ConfigLeaf(path: base.appending(leaf.path), name: leaf.name, value: leaf.value))
        try grow(by: encoding.worstCount(leaf.value.value.plaintextCount))
    }

    private mutating func grow(by bytes: Int) throws(SecretaryError) {
        count += bytes
        if count > SecretBytes.maximumCount {
            throw SecretaryError(
                .configuration,
                "the file would need more than \(SecretBytes.maximumCount >> 20) MiB, counting what escaping may take",
                hint: "leave values out with match")
        }
    }

    func requireMatch(_ isEmpty: Bool, _ match: Glob?) throws(SecretaryError) {
        if isEmpty, let match {
            throw SecretaryError(
                .configuration, "no value matches \"\(match)\"",
                hint: "patterns are compared with dotted paths: * stays within one part, ** does not")
        }
    }
}

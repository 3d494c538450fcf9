public import SystemPackage

/// A file composed of several values when it is opened: variables, a JSON document, or a template filled in.
///
/// Its size is known before anything is decrypted: what escaping may need at worst is reserved, and what is not needed is
/// filled with white space that the format ignores.
public struct Rendering: Sendable {
    enum Piece: Sendable {
        case literal([UInt8])
        /// One of `values`.
        case value(Int, ValueEncoding)
    }

    public let format: RenderRule.Format
    /// The values with envelopes that it is composed of, in the order of the file; their paths begin at the node it was
    /// made from.
    public let values: [ConfigLeaf]
    /// Bytes of the composed file, exactly.
    public let count: Int
    private let pieces: [Piece]

    /// Plans the file of a rule.
    /// - Parameters:
    ///   - node: what the view selects.
    ///   - name: the key that holds `node`, for a value without a nearer one.
    ///   - root: the repository, for the file of a template.
    /// - Throws: `.configuration` when the rule does not fit the values: a path that leads nowhere (naming the line of the
    ///   template), a key that cannot be the name of a variable, nothing that matches, or more than the largest secret.
    public init(
        _ rule: RenderRule, of node: ConfigNode, named name: String? = nil, root: FilePath
    ) throws(SecretaryError) {
        do {
            try self.init(rule, selected: node.node(at: rule.select), node.name(at: rule.select, inherited: name), root)
        } catch {
            throw SecretaryError(.configuration, "render \(rule.path): \(error.message)", hint: error.hint)
        }
    }

    /// Plans the file of a rule of a view that shows `select` of a config file.
    /// - Throws: as above, and `.noInput` when there is nothing at `select`.
    public init(
        _ rule: RenderRule, of file: ConfigFile, at select: ConfigPath, root: FilePath
    ) throws(SecretaryError) {
        let name = file.root.name(at: select, inherited: file.rootName)
        try self.init(rule, of: file.node(at: select.description), named: name, root: root)
    }

    private init(
        _ rule: RenderRule, selected node: ConfigNode, _ name: String?, _ root: FilePath
    ) throws(SecretaryError) {
        var plan = RenderPlan(base: rule.select)
        switch rule.format {
        case .dotenv: try plan.addVariables(node, name: name, match: rule.match)
        case .json: try plan.addDocument(node, name: name, match: rule.match)
        case .template: try plan.addTemplate(rule.template, node, name: name, root: root)
        }
        format = rule.format
        values = plan.values
        count = plan.count
        pieces = plan.finished
    }

    /// Decides about all its values as `compose` does, but opens nothing.
    /// - Throws: `.denied` by the rules, naming the value's path.
    public func check(with opener: SecretOpener) throws(SecretaryError) {
        for leaf in values {
            do throws(SecretaryError) {
                try opener.check(leaf.value.value, name: leaf.name)
            } catch {
                throw error.prefixed(leaf.path.description)
            }
        }
    }

    /// Decrypts the values and composes the file, all in guarded memory.
    /// - Throws: what opening a value throws, and `.malformed` for a value that the format cannot hold, both naming the
    ///   value's path. There is no partial result.
    public func compose(with opener: SecretOpener) throws(SecretaryError) -> SecretBytes {
        // One value at a time is in the clear beside the file: guarded memory is dear to allocate.
        let longest = values.map(\.value.value.plaintextCount).max() ?? 0
        var scratch = try SecretBytes(count: longest)
        return try unsafe SecretBytes(count: count) { (target) throws(SecretaryError) in
            var writer = unsafe GuardedWriter(target)
            for piece in pieces {
                switch piece {
                case .literal(let bytes): writer.append(bytes)
                case .value(let index, let encoding):
                    try unsafe scratch.withUnsafeMutableBytes { (scratch) throws(SecretaryError) in
                        try unsafe write(values[index], as: encoding, to: &writer, opener, by: scratch)
                    }
                }
            }
            writer.pad()
        }
    }

    private func write(
        _ leaf: ConfigLeaf, as encoding: ValueEncoding, to writer: inout GuardedWriter, _ opener: SecretOpener,
        by scratch: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        do throws(SecretaryError) {
            let value = leaf.value.value
            let plaintext = unsafe scratch.part(0, value.plaintextCount)
            try unsafe opener.open(value, name: leaf.name, into: plaintext)
            try unsafe encoding.write(UnsafeRawBufferPointer(plaintext), to: &writer)
        } catch {
            throw error.prefixed(leaf.path.description)
        }
    }

    /// Whether one of the values cannot be read as what it was meant to be, so that there is nothing to compose.
    public var isMalformed: Bool { values.contains { $0.value.value.isMalformed } }

    /// Names this version of the file: it changes when a value, its place or the text between changes.
    public var digest: [UInt8] {
        var parts: [[UInt8]] = []
        for piece in pieces {
            switch piece {
            case .literal(let bytes): parts.append(BLAKE2b.hash(bytes))
            case .value(let index, let encoding): parts.append([encoding.rawValue] + values[index].value.value.digest)
            }
        }
        return BLAKE2b.hash(Array(parts.joined()))
    }
}

internal import SystemPackage

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

    // MARK: Variables

    /// `NAME="value"` lines.
    ///
    /// Keys inside each other are joined with `_`.
    mutating func addVariables(_ node: ConfigNode, name: String?, match: Glob?) throws(SecretaryError) {
        var places: [String: ConfigPath] = [:]
        for leaf in node.leaves(named: name) where match?.matches(leaf.path.matchText) ?? true {
            // A selected value has no path of its own, but a key.
            let parts = leaf.path.parts.isEmpty ? [name ?? ""] : leaf.path.parts
            let variable = parts.joined(separator: "_")
            guard RenderPlan.isVariable(variable) else {
                throw SecretaryError(
                    .configuration, "\"\(variable)\" cannot be the name of a variable",
                    hint: "leave it out with match, or rename the key: letters, digits and _, no digit first")
            }
            if let other = places.updateValue(leaf.path, forKey: variable) {
                throw SecretaryError(
                    .configuration, "\"\(other)\" and \"\(leaf.path)\" both become the variable \(variable)")
            }
            try add("\(variable)=".utf8)
            try add(leaf, as: .dotenv)
            try add("\n".utf8)
        }
        try requireMatch(places.isEmpty, match)
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !JSONNumber.isDigit(first) else { return false }
        return name.utf8.allSatisfy { byte in
            JSONNumber.isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || byte == UInt8(ascii: "_")
        }
    }

    private func requireMatch(_ isEmpty: Bool, _ match: Glob?) throws(SecretaryError) {
        if isEmpty, let match {
            throw SecretaryError(
                .configuration, "no value matches \"\(match)\"",
                hint: "patterns are compared with dotted paths: * stays within one part, ** does not")
        }
    }

    // MARK: JSON

    /// The mappings and lists as they are in the source; values with envelopes are strings.
    mutating func addDocument(_ node: ConfigNode, name: String?, match: Glob?) throws(SecretaryError) {
        let chosen = match.map { RenderPlan.prune(node, at: ConfigPath(), by: $0) } ?? node
        try requireMatch(chosen == nil, match)
        try addJSON(chosen ?? .mapping([]), path: ConfigPath(), name: name, indent: "\n")
        try add("\n".utf8)
    }

    /// What is left when only matching values stay, without the mappings and lists that held no other.
    private static func prune(_ node: ConfigNode, at path: ConfigPath, by match: Glob) -> ConfigNode? {
        switch node {
        case .value:
            return match.matches(path.matchText) ? node : nil
        case .mapping(let entries):
            let kept = entries.compactMap { entry in
                prune(entry.node, at: path.appending(entry.key), by: match).map {
                    ConfigNode.Entry(key: entry.key, location: entry.location, node: $0)
                }
            }
            return kept.isEmpty ? nil : .mapping(kept)
        case .sequence(let nodes):
            let kept = nodes.enumerated().compactMap { index, node in
                prune(node, at: path.appending("\(index)"), by: match)
            }
            return kept.isEmpty ? nil : .sequence(kept)
        }
    }

    private mutating func addJSON(
        _ node: ConfigNode, path: ConfigPath, name: String?, indent: String
    ) throws(SecretaryError) {
        let inner = indent + "  "
        switch node {
        case .value(let value):
            try addJSON(ConfigLeaf(path: path, name: name, value: value))
        case .mapping(let entries):
            try add("{".utf8)
            for (index, entry) in entries.enumerated() {
                try add((index == 0 ? inner : "," + inner).utf8)
                try add(ValueEncoding.json.encode(Array(entry.key.utf8)))
                try add(": ".utf8)
                try addJSON(entry.node, path: path.appending(entry.key), name: entry.key, indent: inner)
            }
            try add((entries.isEmpty ? "}" : indent + "}").utf8)
        case .sequence(let nodes):
            try add("[".utf8)
            for (index, node) in nodes.enumerated() {
                try add((index == 0 ? inner : "," + inner).utf8)
                try addJSON(node, path: path.appending("\(index)"), name: name, indent: inner)
            }
            try add((nodes.isEmpty ? "]" : indent + "]").utf8)
        }
    }

    private mutating func addJSON(_ leaf: ConfigLeaf) throws(SecretaryError) {
        guard let literal = leaf.value.value.literalBytes else { return try add(leaf, as: .json) }
        switch leaf.value.kind {
        case .text: try add(leaf, as: .json)
        case .number: try add(literal)
        case .null: try add("null".utf8)
        case .boolean: try add(String(decoding: literal, as: UTF8.self).lowercased().utf8)
        }
    }

    // MARK: Template

    mutating func addTemplate(
        _ source: RenderRule.TemplateSource?, _ node: ConfigNode, name: String?, root: FilePath
    ) throws(SecretaryError) {
        let template: Template
        let shown: String
        switch source {
        case .inline(let inline): (template, shown) = (inline, "template")
        case .file(let path):
            shown = path.string
            let bytes = try ConfigFile.readBytes(path, in: root)
            do {
                template = try Template(parsing: bytes)
            } catch {
                throw error.prefixed(shown)
            }
        case nil: throw SecretaryError(.configuration, "there is no template")
        }
        for piece in template.pieces {
            switch piece {
            case .literal(let bytes): try add(bytes)
            case .value(let path, let line):
                do {
                    try add(RenderPlan.leaf(at: path, of: node, name: name), as: .raw)
                } catch {
                    throw error.prefixed("\(shown) line \(line)")
                }
            }
        }
    }

    private static func leaf(
        at path: ConfigPath, of node: ConfigNode, name: String?
    ) throws(SecretaryError) -> ConfigLeaf {
        guard case .value(let value) = try node.node(at: path) else {
            throw SecretaryError(.configuration, "\"\(path)\" is not a single value", hint: "name one below it")
        }
        return ConfigLeaf(path: path, name: node.name(at: path, inherited: name), value: value)
    }
}

/// A part of a config file: a single value, or a mapping or sequence of more.
public enum ConfigNode: Sendable {
    case value(ConfigValue)
    case mapping([Entry])
    case sequence([ConfigNode])

    /// One key of a mapping with what it holds.
    ///
    /// Keys of one mapping differ; their order is that of the file, with keys that came by `<<` at the end.
    public struct Entry: Sendable {
        public let key: String
        /// Where the key stands.
        public let location: SourceLocation
        public let node: ConfigNode

        public init(key: String, location: SourceLocation, node: ConfigNode) {
            self.key = key
            self.location = location
            self.node = node
        }
    }
}

/// A single value of a config file, as the program that reads the file would see it: unquoted, unfolded, unescaped.
public struct ConfigValue: Sendable {
    /// What the value is for a reader of the file; only text can hold envelopes.
    public enum Kind: UInt8, Sendable {
        case text, number, boolean, null
    }

    /// The text and the envelopes in it.
    public let value: Value
    /// Where it is written; for a value that came by an alias or `<<`, where the anchor is.
    public let location: SourceLocation
    /// `number` and the like only for values that are written so without quotes, in YAML and JSON.
    public let kind: Kind

    public init(value: Value, location: SourceLocation, kind: Kind = .text) {
        self.value = value
        self.location = location
        self.kind = kind
    }
}

/// A value with its place in the tree.
public struct ConfigLeaf: Sendable {
    public let path: ConfigPath
    /// The nearest key above: what `#NAME` of a scope is compared with.
    ///
    /// `nil` when there is none, as in a list at the root of a file.
    public let name: String?
    public let value: ConfigValue
}

extension ConfigNode {
    /// All values in the order of the file.
    /// - Parameters:
    ///   - path: what the paths begin with.
    ///   - name: the key that holds this node, for values without a nearer one.
    public func leaves(below path: ConfigPath = ConfigPath(), named name: String? = nil) -> [ConfigLeaf] {
        var leaves: [ConfigLeaf] = []
        collect(path, name, into: &leaves)
        return leaves
    }

    /// All values at and below a path; their own paths begin there.
    /// - Parameter name: what a value without a key above it is called.
    /// - Throws: `.noInput` when there is nothing at the path.
    public func leaves(at path: ConfigPath, named name: String? = nil) throws(SecretaryError) -> [ConfigLeaf] {
        try node(at: path).leaves(named: self.name(at: path, inherited: name))
    }

    /// The nearest key on the way to `path`.
    func name(at path: ConfigPath, inherited: String?) -> String? {
        var (node, name) = (self, inherited)
        for part in path.parts {
            if case .mapping = node { name = part }
            node = node.child(part) ?? node
        }
        return name
    }

    private func collect(_ path: ConfigPath, _ name: String?, into leaves: inout [ConfigLeaf]) {
        switch self {
        case .value(let value):
            leaves.append(ConfigLeaf(path: path, name: name, value: value))
        case .mapping(let entries):
            for entry in entries { entry.node.collect(path.appending(entry.key), entry.key, into: &leaves) }
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() { node.collect(path.appending("\(index)"), name, into: &leaves) }
        }
    }
}

internal import SystemPackage

/// One mapping of a configuration file while it is read: checks its keys, then answers their values in the types that are
/// asked for, every error with the place of the value.
package struct SettingsSection {
    /// How errors call the mapping: `views.web`; empty for the whole file.
    package let name: String
    package let location: SourceLocation
    private let entries: [ConfigNode.Entry]
    private let text: SourceText

    /// - Parameter keys: the keys that it may have; `nil` when any name will do.
    init(
        _ node: ConfigNode, name: String, at location: SourceLocation, in text: SourceText, keys: [String]?
    ) throws(SecretaryError) {
        self.name = name
        self.text = text
        self.location = location
        guard case .mapping(let entries) = node else {
            throw SettingsSection.error(
                "\(name.isEmpty ? "the file" : name) has to be a mapping of keys to values",
                at: node.location ?? location, in: text)
        }
        self.entries = entries
        guard let keys else { return }
        for entry in entries where !keys.contains(entry.key) {
            let near = Spelling.nearest(to: entry.key, among: keys)
            throw SettingsSection.error(
                "unknown key \"\(entry.key)\"" + (name.isEmpty ? "" : " in \(name)"), at: entry.location, in: text,
                hint: near.map { "did you mean \"\($0)\"?" } ?? "known keys: \(keys.joined(separator: ", "))")
        }
    }

    static func error(
        _ what: String, at location: SourceLocation, in text: SourceText, hint: String? = nil
    ) -> SecretaryError {
        SecretaryError(.configuration, "\(text.name):\(location): \(what)", hint: hint)
    }

    package func error(_ what: String, at location: SourceLocation, hint: String? = nil) -> SecretaryError {
        SettingsSection.error(what, at: location, in: text, hint: hint)
    }

    // MARK: Children

    package var keys: [String] { entries.map(\.key) }

    package func location(of key: String) -> SourceLocation {
        entries.first { $0.key == key }?.location ?? location
    }

    package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    func node(_ key: String) -> ConfigNode? { entries.first { $0.key == key }?.node }

    /// Whether there is a single value under a key, not a mapping or a list.
    package func hasText(_ key: String) -> Bool {
        entries.contains { entry in
            if case .value = entry.node { entry.key == key } else { false }
        }
    }

    /// The mapping under a key; `nil` when the key is missing.
    package func section(_ key: String, keys: [String]?) throws(SecretaryError) -> SettingsSection? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return try SettingsSection(entry.node, name: path(key), at: entry.location, in: text, keys: keys)
    }

    /// The mappings in the list under a key; none when the key is missing.
    package func sections(_ key: String, keys: [String]) throws(SecretaryError) -> [SettingsSection] {
        guard let entry = entries.first(where: { $0.key == key }) else { return [] }
        guard case .sequence(let nodes) = entry.node else {
            throw error("\(path(key)) has to be a list", at: entry.location, hint: "begin each element with \"- \"")
        }
        var sections: [SettingsSection] = []
        for (index, node) in nodes.enumerated() {
            let location = node.location ?? entry.location
            sections.append(
                try SettingsSection(node, name: "\(path(key))[\(index)]", at: location, in: text, keys: keys))
        }
        return sections
    }

    private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    // MARK: Values

    /// The text under a key with its place; `nil` when the key is missing.
    /// - Throws: when there is anything but a text, also when there is nothing.
    package func text(_ key: String) throws(SecretaryError) -> (text: String, location: SourceLocation)? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        guard case .value(let value) = entry.node else {
            throw error("\(path(key)) has to be a single value", at: entry.location)
        }
        guard let bytes = value.value.literalBytes else {
            throw error("\(path(key)) is an envelope; settings cannot be secret", at: value.location)
        }
        guard value.kind != .null, !bytes.isEmpty else {
            throw error("\(path(key)) has no value", at: entry.location)
        }
        return (String(decoding: bytes, as: UTF8.self), value.location)
    }

    /// The text under a key, turned into something; what `convert` throws gets the place of the text.
    package func value<Result>(
        _ key: String, _ convert: (String) throws(SecretaryError) -> Result
    ) throws(SecretaryError) -> Result? {
        guard let (text, location) = try text(key) else { return nil }
        do {
            return try convert(text)
        } catch {
            throw self.error("\(path(key)): \(error.message)", at: location, hint: error.hint)
        }
    }

    package func required<Result>(_ key: String, _ value: Result?) throws(SecretaryError) -> Result {
        guard let value else {
            throw error("\(name) has no \(key)", at: location, hint: "\"\(key)\" is required here")
        }
        return value
    }

    /// One of the raw values of an enumeration.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(SecretaryError)
        -> Choice?
    {
        try value(key) { text throws(SecretaryError) in
            if let choice = Choice(rawValue: text) { return choice }
            let known = Choice.allCases.map(\.rawValue)
            throw SecretaryError(
                .configuration, "\"\(text)\" is not one of \(known.joined(separator: ", "))",
                hint: Spelling.nearest(to: text, among: known).map { "did you mean \"\($0)\"?" })
        }
    }

    /// The texts in the list under a key, or the only one, each turned into something; none when the key is missing.
    package func list<Result>(
        _ key: String, _ convert: (String) throws(SecretaryError) -> Result
    ) throws(SecretaryError) -> [Result] {
        guard let entry = entries.first(where: { $0.key == key }) else { return [] }
        guard case .sequence(let nodes) = entry.node else {
            guard let only = try value(key, convert) else { return [] }
            return [only]
        }
        var results: [Result] = []
        for (index, node) in nodes.enumerated() {
            let item = SettingsSection(
                item: ConfigNode.Entry(
                    key: "\(key)[\(index)]", location: node.location ?? entry.location, node: node),
                of: self)
            results.append(try item.required(item.keys[0], item.value(item.keys[0], convert)))
        }
        return results
    }

    /// One element of a list, as if it stood under a key of its own.
    private init(item: ConfigNode.Entry, of section: SettingsSection) {
        (name, location, text) = (section.name, item.location, section.text)
        entries = [item]
    }

    /// A path below the root.
    func path(_ key: String) throws(SecretaryError) -> FilePath? {
        try value(key, RelativePath.parse)
    }
}

extension ConfigNode {
    /// Where the node begins, as far as that is kept: a list and a mapping begin with their first element.
    fileprivate var location: SourceLocation? {
        switch self {
        case .value(let value): value.location
        case .mapping(let entries): entries.first?.location
        case .sequence(let nodes): nodes.first?.location
        }
    }
}

extension Value {
    /// The text, when there is no envelope in it.
    var literalBytes: [UInt8]? {
        var bytes: [UInt8] = []
        for piece in pieces {
            guard case .literal(let literal) = piece else { return nil }
            bytes += literal
        }
        return bytes
    }
}

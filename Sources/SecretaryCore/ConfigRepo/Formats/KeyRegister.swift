/// The keys of one mapping while it is read: a second one with the same name is an error that names both places.
struct KeyRegister {
    private var seen: [String: SourceLocation] = [:]

    mutating func add(_ key: String, at location: SourceLocation, in text: SourceText) throws(SecretaryError) {
        if let first = seen.updateValue(location, forKey: key) {
            throw text.malformed(
                "the key \"\(key)\" is there twice, first on line \(first.line), column \(first.column)", at: location,
                hint: "rename or delete one of them")
        }
    }

    func contains(_ key: String) -> Bool { seen[key] != nil }
}

/// Counts the nodes of one file against the limit.
struct NodeBudget {
    private(set) var used = 0

    /// - Throws: `.malformed` at `location` when the file has more nodes than a config file may have.
    mutating func spend(_ count: Int, at location: SourceLocation, in text: SourceText) throws(SecretaryError) {
        used += count
        if used > ConfigLimits.nodes {
            throw text.malformed(
                "more than \(ConfigLimits.nodes) values in one file, aliases and merge keys counted where they are used",
                at: location, hint: "split the file")
        }
    }

    static func checkDepth(_ depth: Int, at location: SourceLocation, in text: SourceText) throws(SecretaryError) {
        if depth > ConfigLimits.depth {
            throw text.malformed("more than \(ConfigLimits.depth) levels inside each other", at: location)
        }
    }
}

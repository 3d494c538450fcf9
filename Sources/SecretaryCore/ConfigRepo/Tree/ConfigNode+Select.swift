extension ConfigNode {
    /// The part of the tree at `path`: keys of mappings, and numbers from 0 in sequences.
    /// - Throws: `.noInput`, naming what exists at the place where the path leaves the tree.
    public func node(at path: ConfigPath) throws(SecretaryError) -> ConfigNode {
        var node = self
        for (depth, part) in path.parts.enumerated() {
            guard let next = node.child(part) else {
                throw node.nothing(at: path, depth: depth)
            }
            node = next
        }
        return node
    }

    /// The child with this key or, in a sequence, this index.
    public func child(_ part: String) -> ConfigNode? {
        switch self {
        case .value: return nil
        case .mapping(let entries): return entries.first { $0.key == part }?.node
        case .sequence(let nodes):
            // One way to write an index only: "01" and "+1" are none.
            guard let index = Int(part), nodes.indices.contains(index), String(index) == part else { return nil }
            return nodes[index]
        }
    }

    private func nothing(at path: ConfigPath, depth: Int) -> SecretaryError {
        let place = depth == 0 ? "the file" : "\"\(ConfigPath(Array(path.parts[..<depth])))\""
        let wanted = path.parts[depth]
        let message = "there is nothing at \"\(path)\": \(place) "
        switch self {
        case .value(let value):
            return SecretaryError(.noInput, message + "is a single value (line \(value.location.line))")
        case .sequence(let nodes):
            let extent = nodes.isEmpty ? "is an empty list" : "is a list with the indices 0 to \(nodes.count - 1)"
            return SecretaryError(.noInput, message + extent)
        case .mapping(let entries):
            guard !entries.isEmpty else { return SecretaryError(.noInput, message + "is empty") }
            let keys = entries.map(\.key)
            return SecretaryError(
                .noInput, message + "has " + ConfigNode.list(keys),
                hint: ConfigNode.suggestion(for: path, depth: depth, wanted: wanted, keys: keys))
        }
    }

    private static func suggestion(for path: ConfigPath, depth: Int, wanted: String, keys: [String]) -> String? {
        var corrected = path
        if let near = Spelling.nearest(to: wanted, among: keys) {
            corrected.parts[depth] = near
            return "did you mean \"\(corrected)\"?"
        }
        // A key that holds a dot was written without its backslash.
        for count in stride(from: path.parts.count - depth, to: 1, by: -1) {
            let joined = path.parts[depth..<(depth + count)].joined(separator: ".")
            guard keys.contains(joined) else { continue }
            corrected.parts.replaceSubrange(depth..<(depth + count), with: [joined])
            return "a dot inside a key is written with a backslash: '\(corrected)'"
        }
        return nil
    }

    private static func list(_ keys: [String]) -> String {
        let shown = keys.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
        return keys.count > 12 ? "\(shown) and \(keys.count - 12) more" : shown
    }
}

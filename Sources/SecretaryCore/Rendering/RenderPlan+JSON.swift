extension RenderPlan {
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
}

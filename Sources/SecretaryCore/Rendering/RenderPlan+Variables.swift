extension RenderPlan {
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
}

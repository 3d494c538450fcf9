/// Counts what a file turns into against the limits.
///
/// Aliases share what they repeat, but whoever walks over the tree meets it as often as it is repeated, each time with a path
/// of its own: so everything is counted as if it were written out.
struct NodeBudget {
    /// Values, mappings and sequences.
    private(set) var nodes = 0
    /// Bytes of texts, and of the paths of all nodes.
    private(set) var bytes = 0

    /// Where in the tree something is.
    struct Place {
        /// 1 for the root.
        private(set) var depth = 1
        /// What the path takes in memory.
        private(set) var pathBytes = 0

        /// The place below a key, or below the index of a list.
        func below(_ key: String) -> Place {
            var place = self
            place.depth += 1
            place.pathBytes += key.utf8.count + MemoryLayout<String>.size
            return place
        }
    }

    /// Takes nodes into account.
    /// - Parameter bytes: their texts, and their paths from `place` on.
    /// - Throws: `.malformed` when the file has more than a config file may have.
    mutating func spend(
        nodes count: Int = 1, bytes: Int = 0, at place: Place, _ location: SourceLocation, in text: SourceText
    ) throws(SecretaryError) {
        nodes += count
        self.bytes += bytes + count * place.pathBytes
        if nodes > ConfigLimits.nodes {
            throw text.malformed(
                "more than \(ConfigLimits.nodes) values in one file, aliases and merge keys counted where they are used",
                at: location, hint: "split the file")
        }
        if self.bytes > ConfigLimits.expandedSize {
            throw text.malformed(
                "more than \(ConfigLimits.expandedSize >> 20) MiB of values with their paths, aliases and merge keys"
                    + " counted where they are used", at: location, hint: "split the file")
        }
    }

    static func checkDepth(of place: Place, at location: SourceLocation, in text: SourceText) throws(SecretaryError) {
        if place.depth > ConfigLimits.depth {
            throw text.malformed("more than \(ConfigLimits.depth) levels inside each other", at: location)
        }
    }
}

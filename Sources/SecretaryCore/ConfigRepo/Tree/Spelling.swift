/// Finds what was probably meant by a word that is not known.
enum Spelling {
    /// The known word that the fewest changed, added, missing or swapped letters lead to; `nil` when all are far away.
    static func nearest(to word: String, among known: [String]) -> String? {
        // Long words are not typing errors, and the comparison takes the product of the lengths.
        guard word.utf8.count <= 64 else { return nil }
        var best: (distance: Int, word: String)?
        for candidate in known.prefix(1000) where candidate.utf8.count <= 64 {
            let distance = distance(Array(word.lowercased().utf8), Array(candidate.lowercased().utf8))
            if distance <= max(1, word.utf8.count / 3), distance < best?.distance ?? .max {
                best = (distance, candidate)
            }
        }
        return best?.word
    }

    /// Optimal string alignment: an edit distance that counts two swapped neighbours once.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older = [Int](repeating: 0, count: right.count + 1)
        var old = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var new = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(old[column] + (byte == other ? 0 : 1), old[column + 1] + 1, new[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, older[column - 1] + 1)
                }
                new.append(cost)
            }
            (older, old) = (old, new)
        }
        return old[right.count]
    }
}

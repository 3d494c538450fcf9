import SecretaryCore
import Testing

@Suite("Round trips")
struct RoundTripTests {
    /// A pattern's meaning, written down as directly as possible.
    private static func matches(_ pattern: Substring, _ text: Substring, atStart: Bool = true) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if pattern.hasPrefix("**") {
            var rest = pattern.drop { $0 == "*" }
            // A whole part, with its separator, stands for any number of parts.
            if atStart, rest.first == "/" {
                rest = rest.dropFirst()
                let starts = [text.startIndex] + text.indices.filter { text[$0] == "/" }.map(text.index(after:))
                return starts.contains { matches(rest, text[$0...]) }
            }
            let ends = text.indices.map(\.self) + [text.endIndex]
            return ends.contains { matches(rest, text[$0...], atStart: false) }
        }
        if first == "*" {
            let part = text.prefix { $0 != "/" }
            return (part.indices.map(\.self) + [part.endIndex]).contains {
                matches(pattern.dropFirst(), text[$0...], atStart: false)
            }
        }
        guard let next = text.first, first == "?" ? next != "/" : first == next else { return false }
        return matches(pattern.dropFirst(), text.dropFirst(), atStart: first == "/")
    }

    private static func words(_ alphabet: [String], upTo count: Int) -> [String] {
        (1...count).reduce([[""]]) { lists, _ in
            lists + [lists[lists.count - 1].flatMap { word in alphabet.map { word + $0 } }]
        }
        .flatMap(\.self)
    }

    @Test("every short pattern means the same for every short path as its definition")
    func patterns() throws {
        let texts = RoundTripTests.words(["a", "/", "b"], upTo: 4)
        for pattern in RoundTripTests.words(["a", "/", "*", "?", "**"], upTo: 4) where !pattern.isEmpty {
            let glob = try Glob(parsing: pattern)
            for text in texts {
                #expect(
                    glob.matches(text) == RoundTripTests.matches(pattern[...], text[...]), "\(pattern) and \(text)")
            }
        }
    }

    @Test("a dotted path is read as it was written")
    func paths() throws {
        for part in RoundTripTests.words(["a", ".", "\\", "é", ""], upTo: 3) {
            for other in ["", "0", ".", "\\."] {
                let path = ConfigPath([part, other])
                #expect(try ConfigPath(parsing: path.description) == path)
            }
        }
    }
}

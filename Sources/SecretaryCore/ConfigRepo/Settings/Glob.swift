/// A pattern for file paths (separator `/`) or dotted paths (separator `.`).
///
/// `*` stands for any characters of one part, `?` for one of them, `**` for any characters at all; a part that is `**`
/// alone, with its separator, also stands for no part (`prod/**/web.yml` matches `prod/web.yml`). Everything else
/// stands for itself; `[ ] { } \` are refused, as people expect other things of them.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    private enum Token: Hashable, Sendable {
        case literal(Unicode.Scalar)
        case one, many, any
        /// `**` and the separator after it.
        case parts
    }

    public let description: String
    /// The literal text before the first wildcard.
    public let literalPrefix: String
    private let tokens: [Token]
    private let separator: Unicode.Scalar

    public var hasWildcard: Bool { literalPrefix.utf8.count < description.utf8.count }

    private static let maximumCount = 4096

    /// - Throws: `.usage` for an empty pattern, one longer than any path, and for `[ ] { } \`.
    public init(parsing pattern: String, separator: Unicode.Scalar = "/") throws(SecretaryError) {
        guard !pattern.isEmpty else {
            throw SecretaryError(.usage, "a pattern is empty", hint: "write ** for everything")
        }
        guard pattern.utf8.count <= Self.maximumCount else {
            throw SecretaryError(.usage, "a pattern has more than \(Self.maximumCount) bytes")
        }
        let scalars = Array(pattern.unicodeScalars)
        var tokens: [Token] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            switch scalar {
            case "[", "]", "{", "}", "\\":
                throw SecretaryError(
                    .usage, "the pattern \"\(pattern)\" has a \"\(scalar)\"",
                    hint: "patterns know *, ** and ?; write ? for a character that they do not")
            case "?": tokens.append(.one)
            case "*":
                guard index + 1 < scalars.count, scalars[index + 1] == "*" else {
                    tokens.append(.many)
                    break
                }
                while index + 1 < scalars.count, scalars[index + 1] == "*" { index += 1 }
                let isWholePart = tokens.isEmpty || tokens.last == .literal(separator) || tokens.last == .parts
                if isWholePart, index + 1 < scalars.count, scalars[index + 1] == separator {
                    index += 1
                    // Twice is as good as once.
                    if tokens.last != .parts { tokens.append(.parts) }
                } else {
                    tokens.append(.any)
                }
            default: tokens.append(.literal(scalar))
            }
            index += 1
        }
        description = pattern
        self.tokens = tokens
        self.separator = separator
        var prefix = String.UnicodeScalarView()
        for case .literal(let scalar) in tokens.prefix(while: { if case .literal = $0 { true } else { false } }) {
            prefix.append(scalar)
        }
        literalPrefix = String(prefix)
    }

    /// Whether the pattern stands for all of `text`.
    ///
    /// Takes the product of both lengths at most, whatever the pattern.
    public func matches(_ text: String) -> Bool {
        // Most patterns need no more than this.
        guard hasWildcard else { return text.utf8.elementsEqual(description.utf8) }
        guard text.utf8.starts(with: literalPrefix.utf8) else { return false }
        let prefix = literalPrefix.unicodeScalars.count
        // The places in the pattern that the text read so far can have led to.
        var places = [Bool](repeating: false, count: tokens.count + 1)
        var next = places
        arrive(at: prefix, &places)
        for scalar in text.unicodeScalars.dropFirst(prefix) {
            for place in tokens.indices where places[place] {
                switch tokens[place] {
                case .literal(let literal): if literal == scalar { arrive(at: place + 1, &next) }
                case .one: if scalar != separator { arrive(at: place + 1, &next) }
                case .many: if scalar != separator { arrive(at: place, &next) }
                case .any: arrive(at: place, &next)
                case .parts:
                    next[place] = true
                    if scalar == separator { arrive(at: place + 1, &next) }
                }
            }
            if !next.contains(true) { return false }
            swap(&places, &next)
            for place in next.indices { next[place] = false }
        }
        return places[tokens.count]
    }

    private func arrive(at place: Int, _ places: inout [Bool]) {
        places[place] = true
        guard place < tokens.count else { return }
        switch tokens[place] {
        case .many, .any, .parts: arrive(at: place + 1, &places)
        case .literal, .one: break
        }
    }
}

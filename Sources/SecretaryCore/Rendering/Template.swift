/// A text with places for values: `{{ dotted.path }}`.
///
/// Two pairs of braces, `{{{{`, write a pair as text; everything else stands for itself, `}}` too.
public struct Template: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case literal([UInt8])
        case value(ConfigPath, line: Int)
    }

    let pieces: [Piece]

    /// - Throws: `.malformed`, `line N: what`, for a `{{` without its `}}` in the same line or without a path.
    public init(parsing text: [UInt8]) throws(SecretaryError) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var line = 1
        var index = 0
        while index < text.count {
            guard text[index...].starts(with: "{{".utf8) else {
                if text[index] == 0x0A { line += 1 }
                literal.append(text[index])
                index += 1
                continue
            }
            index += 2
            if text[index...].starts(with: "{{".utf8) {
                literal += "{{".utf8
                index += 2
                continue
            }
            let (path, end) = try Template.path(in: text, from: index, line: line)
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = []
            pieces.append(.value(path, line: line))
            index = end
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    private static func path(
        in text: [UInt8], from start: Int, line: Int
    ) throws(SecretaryError) -> (ConfigPath, end: Int) {
        var end = start
        while end < text.count, text[end] != 0x0A, !text[end...].starts(with: "}}".utf8) { end += 1 }
        guard end < text.count, text[end] != 0x0A else {
            throw SecretaryError(
                .malformed, "line \(line): a {{ has no }} on its line", hint: "write {{{{ for two braces as text")
        }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var name = text[start..<end].drop(while: isSpace)
        while let last = name.last, isSpace(last) { name.removeLast() }
        guard !name.isEmpty, let path = String(validating: name, as: UTF8.self) else {
            throw SecretaryError(
                .malformed, "line \(line): a {{ }} names no value",
                hint: "write {{ dotted.path }}, or {{{{ for two braces as text")
        }
        do {
            return (try ConfigPath(parsing: path), end + 2)
        } catch {
            throw SecretaryError(.malformed, "line \(line): \(error.message)", hint: error.hint)
        }
    }
}

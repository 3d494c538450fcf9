/// A JSON value (RFC 8259) of the few kinds that reports and `--json` need.
public indirect enum JSONText: Sendable {
    case null
    case boolean(Bool)
    case number(Int)
    case string(String)
    case array([JSONText])
    /// In the order given.
    case object([(String, JSONText)])

    /// On one line.
    public var line: String {
        switch self {
        case .null: "null"
        case .boolean(let boolean): String(boolean)
        case .number(let number): String(number)
        case .string(let string): Self.quote(string)
        case .array(let items): "[" + items.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quote($0) + ":" + $1.line }.joined(separator: ",") + "}"
        }
    }

    /// For people: two spaces a level, one item a line.
    public func lines(indentation: String = "") -> String {
        let deeper = indentation + "  "
        switch self {
        case .array(let items) where !items.isEmpty:
            let lines = items.map { deeper + $0.lines(indentation: deeper) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indentation + "]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { deeper + Self.quote($0) + ": " + $1.lines(indentation: deeper) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indentation + "}"
        default: return line
        }
    }

    private static func quote(_ string: String) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

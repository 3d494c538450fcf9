/// A JSON value (RFC 8259) of the few kinds that reports need.
indirect enum JSONText {
    case null
    case number(Int)
    case string(String)
    case array([JSONText])
    /// In the order given.
    case object([(String, JSONText)])

    /// Two spaces a level, one item a line.
    func text(indentation: String = "") -> String {
        let deeper = indentation + "  "
        switch self {
        case .null: return "null"
        case .number(let number): return String(number)
        case .string(let string): return Self.quote(string)
        case .array(let items) where items.isEmpty: return "[]"
        case .object(let members) where members.isEmpty: return "{}"
        case .array(let items):
            let lines = items.map { deeper + $0.text(indentation: deeper) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indentation + "]"
        case .object(let members):
            let lines = members.map { deeper + Self.quote($0) + ": " + $1.text(indentation: deeper) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indentation + "}"
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

extension YAMLScalar {
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether nothing at all is written where the scalar could stand.
    var isNothing: Bool { style == .plain && bytes.isEmpty && tag == nil && anchor == nil }

    /// What an unquoted text means in YAML 1.2's core schema, as far as JSON can say the same: `0x1F`, `.inf` and
    /// YAML 1.1's `yes` and `0440` are text.
    var kind: ConfigValue.Kind {
        guard style == .plain, tag == nil || tag == "!" else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
        default: return JSONNumber.matches(bytes) ? .number : .text
        }
    }

    /// The bytes that write the value in the file: without anchor and tag, and for a block (`|`, `>`) without the line
    /// breaks after its last line.
    func written(in file: [UInt8], from start: Int, to end: Int) -> Range<Int> {
        var first = start
        if anchor != nil || tag != nil {
            first = YAMLScalar.skipProperties(in: file, from: start, to: end)
        }
        var last = end
        if style == .block {
            while last > first, YAMLScalar.isBlank(file[last - 1]) { last -= 1 }
        }
        return first..<last
    }

    private static func skipProperties(in file: [UInt8], from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            switch file[index] {
            case UInt8(ascii: "&"), UInt8(ascii: "!"):
                while index < end, !isBlank(file[index]) { index += 1 }
            case UInt8(ascii: "#"):
                while index < end, file[index] != 0x0A, file[index] != 0x0D { index += 1 }
            case let byte where isBlank(byte): index += 1
            default: return index
            }
        }
        return end
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

/// The fields of a form (`application/x-www-form-urlencoded`, URL Standard section 5).
enum FormFields {
    typealias Field = (name: [UInt8], value: [UInt8])

    /// - Throws: `.malformed` for a percent sign without two hexadecimal digits behind it.
    static func parse(_ body: [UInt8]) throws(SecretaryError) -> [Field] {
        var fields: [Field] = []
        for part in body.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            fields.append((try decode(part[..<equals]), try decode(part[equals...].dropFirst())))
        }
        return fields
    }

    static func encode(_ fields: [(name: String, value: [UInt8])]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(fields.reduce(0) { $0 + $1.value.count + $1.value.count / 8 + 16 })
        for (name, value) in fields {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            body += name.utf8
            body.append(UInt8(ascii: "="))
            for byte in value { append(byte, to: &body) }
        }
        return body
    }

    private static func decode(_ part: ArraySlice<UInt8>) throws(SecretaryError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(part.count)
        var index = part.startIndex
        while index < part.endIndex {
            switch part[index] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < part.endIndex, let high = digit(part[index + 1]), let low = digit(part[index + 2])
                else { throw SecretaryError(.malformed, "a form field has a % without two hexadecimal digits") }
                bytes.append(high << 4 | low)
                index += 2
            case let byte: bytes.append(byte)
            }
            index += 1
        }
        return bytes
    }

    private static func append(_ byte: UInt8, to body: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            body.append(byte)
        default:
            body.append(UInt8(ascii: "%"))
            body.append(digits[Int(byte >> 4)])
            body.append(digits[Int(byte & 15)])
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

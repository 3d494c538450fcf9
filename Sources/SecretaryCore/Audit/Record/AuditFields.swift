/// The members of a line: a JSON object of texts and numbers, in ASCII, as `AuditText` writes it and no other way.
struct AuditFields {
    enum Value: Equatable {
        case text(String)
        case number(UInt64)
    }

    /// A log never gets that far, and whoever counts on from there meets no end of the numbers.
    static let maximumNumber: UInt64 = 1 << 62

    /// More than any record has: each name is compared with those before it.
    private static let maximumCount = 100

    private(set) var members: [(name: String, value: Value)] = []

    func text(_ name: String) -> String? {
        guard case .text(let text) = self[name] else { return nil }
        return text
    }

    func number(_ name: String) -> UInt64? {
        guard case .number(let number) = self[name] else { return nil }
        return number
    }

    func octets(_ name: String) -> [UInt8]? {
        text(name).flatMap { AuditLine.octets($0.utf8) }
    }

    private subscript(name: String) -> Value? {
        members.first { $0.name == name }?.value
    }

    /// - Returns: `nil` for anything but one such object.
    init?(_ bytes: ArraySlice<UInt8>) {
        var scanner = Scanner(rest: bytes)
        guard scanner.take("{") else { return nil }
        repeat {
            guard members.count < Self.maximumCount, let name = scanner.text(), scanner.take(":"),
                let value = scanner.value(), self[name] == nil
            else { return nil }
            members.append((name, value))
        } while scanner.take(",")
        guard scanner.take("}"), scanner.rest.isEmpty else { return nil }
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard let next = rest.first, UInt32(next) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        mutating func value() -> Value? {
            if rest.first == UInt8(ascii: "\"") { return text().map { .text($0) } }
            let digits = rest.prefix { (48...57).contains($0) }
            guard let number = UInt64(String(decoding: digits, as: UTF8.self)), digits.count == 1 || digits.first != 48,
                number <= AuditFields.maximumNumber
            else { return nil }
            rest = rest.dropFirst(digits.count)
            return .number(number)
        }

        mutating func text() -> String? {
            guard take("\"") else { return nil }
            let plain = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            guard plain.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
            rest = rest.dropFirst(plain.count)
            if take("\"") { return String(decoding: plain, as: UTF8.self) }
            return escapedText(after: plain)
        }

        private mutating func escapedText(after plain: ArraySlice<UInt8>) -> String? {
            var units = plain.map(UInt16.init)
            while let next = rest.popFirst() {
                switch next {
                case UInt8(ascii: "\""): return String(validating: units, as: UTF16.self)
                case UInt8(ascii: "\\"):
                    guard let unit = escapedUnit() else { return nil }
                    units.append(unit)
                case 0x20..<0x7F: units.append(UInt16(next))
                default: return nil
                }
            }
            return nil
        }

        private mutating func escapedUnit() -> UInt16? {
            switch rest.popFirst() {
            case UInt8(ascii: "\""): return 0x22
            case UInt8(ascii: "\\"): return 0x5C
            case UInt8(ascii: "u"):
                guard rest.count >= 4, let octets = AuditLine.octets(rest.prefix(4)) else { return nil }
                rest = rest.dropFirst(4)
                return UInt16(octets[0]) << 8 | UInt16(octets[1])
            default: return nil
            }
        }
    }
}

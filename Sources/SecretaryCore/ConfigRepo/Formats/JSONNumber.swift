/// The grammar of a number in JSON (RFC 8259, section 6).
enum JSONNumber {
    /// Whether all of `bytes` is one number.
    static func matches(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, first == UInt8(ascii: "-") || isDigit(first) else { return false }
        return end(in: bytes, from: 0) == bytes.count
    }

    /// Where the number that begins at `start` ends; `nil` when none begins there.
    static func end(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        func skipDigits() -> Bool {
            let first = index
            while index < bytes.count, isDigit(bytes[index]) { index += 1 }
            return index > first
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let integer = index
        guard skipDigits() else { return nil }
        // No leading zeros.
        if bytes[integer] == UInt8(ascii: "0"), index > integer + 1 { return nil }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits() else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard skipDigits() else { return nil }
        }
        return index
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}

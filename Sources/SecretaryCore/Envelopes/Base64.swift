/// Base64 (RFC 4648 section 4) of ciphertext and public keys. Not for secrets: it looks bytes up by their value.
enum Base64 {
    /// Number of characters that encode `count` bytes.
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(encodedCount(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            text.append(character(group >> 18 & 63))
            text.append(character(group >> 12 & 63))
            text.append(count > 1 ? character(group >> 6 & 63) : UInt8(ascii: "="))
            text.append(count > 2 ? character(group & 63) : UInt8(ascii: "="))
        }
        return text
    }

    /// Decodes, skipping white space; `nil` when the padding is wrong or a character does not belong.
    ///
    /// Spare bits of the last character may be set, as the original's decoder allows.
    static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var group: UInt32 = 0
        var characters = 0
        var padding = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { target, count in
            for unsafe character in unsafe text {
                if isWhiteSpace(character) { continue }
                if character == UInt8(ascii: "=") {
                    padding += 1
                    continue
                }
                guard padding == 0, let sextet = sextet(character) else {
                    padding = .max
                    return
                }
                group = group << 6 | sextet
                characters += 1
                if characters % 4 == 0 {
                    unsafe target[count] = UInt8(truncatingIfNeeded: group >> 16)
                    unsafe target[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    unsafe target[count + 2] = UInt8(truncatingIfNeeded: group)
                    count += 3
                }
            }
            if characters % 4 >= 2 {
                unsafe target[count] = UInt8(truncatingIfNeeded: group >> (characters % 4 == 2 ? 4 : 10))
                count += 1
            }
            if characters % 4 == 3 {
                unsafe target[count] = UInt8(truncatingIfNeeded: group >> 2)
                count += 1
            }
        }
        guard padding <= 2, characters % 4 != 1, (characters + padding) % 4 == 0 else { return nil }
        return bytes
    }

    /// Go's `\s`, which is what the original's grammar allows inside an envelope.
    static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D
    }

    private static func character(_ sextet: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: sextet) {
        case let value where value < 26: UInt8(ascii: "A") + value
        case let value where value < 52: UInt8(ascii: "a") + value - 26
        case let value where value < 62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func sextet(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Base64 (RFC 4648 section 4) of ciphertext and public keys.
///
/// Not for secrets: it looks bytes up by their value.
package enum Base64 {
    /// Number of characters that encode `count` bytes.
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = alphabet
        func character(_ sextet: UInt32) -> UInt8 { alphabet[Int(sextet & 63)] }
        var text: [UInt8] = []
        text.reserveCapacity(encodedCount(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            text.append(character(group >> 18))
            text.append(character(group >> 12))
            text.append(count > 1 ? character(group >> 6) : UInt8(ascii: "="))
            text.append(count > 2 ? character(group) : UInt8(ascii: "="))
        }
        return text
    }

    /// Decodes, skipping white space; `nil` when the padding is wrong or a character does not belong.
    ///
    /// Spare bits of the last character may be set, as the original's decoder allows.
    package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var group: UInt32 = 0
        var sextets = 0
        var padding = 0
        var isValid = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { target, count in
            unsafe meanings.withUnsafeBufferPointer { meanings in
                for index in text.indices {
                    let meaning = unsafe meanings[Int(text[index])]
                    if meaning < 64 {
                        group = group << 6 | UInt32(meaning)
                        sextets += 1
                        if padding > 0 { isValid = false }
                        if sextets % 4 == 0 {
                            unsafe target[count] = UInt8(truncatingIfNeeded: group >> 16)
                            unsafe target[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                            unsafe target[count + 2] = UInt8(truncatingIfNeeded: group)
                            count += 3
                        }
                    } else if meaning == paddingMeaning {
                        padding += 1
                    } else if meaning == unknownMeaning {
                        isValid = false
                    }
                }
            }
            if sextets % 4 >= 2 {
                unsafe target[count] = UInt8(truncatingIfNeeded: group >> (sextets % 4 == 2 ? 4 : 10))
                count += 1
            }
            if sextets % 4 == 3 {
                unsafe target[count] = UInt8(truncatingIfNeeded: group >> 2)
                count += 1
            }
        }
        return isValid && padding <= 2 && sextets % 4 != 1 && (sextets + padding) % 4 == 0 ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let whiteSpaceMeaning: UInt8 = 64
    private static let paddingMeaning: UInt8 = 65
    private static let unknownMeaning: UInt8 = 66

    /// What each byte stands for: its six bits, or one of the above.
    private static let meanings: [UInt8] = {
        var meanings = [UInt8](repeating: unknownMeaning, count: 256)
        for (sextet, character) in alphabet.enumerated() { meanings[Int(character)] = UInt8(sextet) }
        for character in whiteSpace { meanings[Int(character)] = whiteSpaceMeaning }
        meanings[Int(UInt8(ascii: "="))] = paddingMeaning
        return meanings
    }()

    /// Go's `\s`, which is what the original's grammar allows inside an envelope.
    private static let whiteSpace: [UInt8] = Array("\t\n\u{0C}\r ".utf8)
}

extension [UInt8] {
    /// The bytes that base64 stands for, with white space skipped; `nil` when it is none.
    package init?(base64 text: [UInt8]) {
        guard let bytes = unsafe text.withOctets({ unsafe Base64.decode($0) }) else { return nil }
        self = bytes
    }
}

extension [UInt8] {
    /// In base64, on one line.
    package var base64: String { String(decoding: Base64.encode(self), as: UTF8.self) }
}

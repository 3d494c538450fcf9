/// Whether bytes are UTF-8 (RFC 3629: no surrogates, no longer form than needed, nothing above U+10FFFF).
enum UTF8Check {
    /// The offset of the first byte that does not belong to a complete, valid sequence; `nil` when all do.
    static func firstInvalid(in bytes: [UInt8]) -> Int? {
        unsafe bytes.withUnsafeBytes { unsafe firstInvalid(in: $0) }
    }

    /// The same for borrowed memory, which may hold plaintext: nothing is copied.
    static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            let first = unsafe bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return index
            }
            guard index + length <= bytes.count, second.contains(unsafe bytes[index + 1]) else { return index }
            for offset in 2..<max(length, 2) where unsafe bytes[index + offset] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}

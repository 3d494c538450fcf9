@testable import SecretaryCore

/// The grammar `ENC\[(NACL|KMS|HPKE),[A-Za-z0-9+/=\s]+\]`, as slowly and plainly as it can be written.
enum ReferenceScanner {
    static func ranges(_ text: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < text.count {
            if let end = match(text, at: start) {
                ranges.append(start..<end)
                start = end
            } else {
                start += 1
            }
        }
        return ranges
    }

    private static func match(_ text: [UInt8], at start: Int) -> Int? {
        for head in ["ENC[NACL,", "ENC[KMS,", "ENC[HPKE,"] where text[start...].starts(with: head.utf8) {
            let body = start + head.utf8.count
            var end = body
            while end < text.count, alphabet.contains(text[end]) { end += 1 }
            if end > body, end < text.count, text[end] == UInt8(ascii: "]") { return end + 1 }
        }
        return nil
    }

    static func isBase64(_ byte: UInt8) -> Bool { base64.contains(byte) }

    private static let base64 = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8)
    private static let alphabet = base64.union(" \t\n\r\u{0C}".utf8)
}

extension EnvelopeScanner {
    /// All matches in a text that is at hand.
    static func ranges(_ text: [UInt8]) -> [Range<Int>] {
        unsafe text.withOctets { bytes in
            var scanner = EnvelopeScanner()
            var ranges: [Range<Int>] = []
            while let match = unsafe scanner.next(in: bytes, isComplete: true) { ranges.append(match.range) }
            return ranges
        }
    }

    /// All matches in a text that arrives in pieces of the sizes that `nextCount` gives, and of which everything that is
    /// settled is dropped at once.
    static func ranges(_ text: [UInt8], pieces nextCount: () -> Int) -> [Range<Int>] {
        var scanner = EnvelopeScanner()
        var ranges: [Range<Int>] = []
        var buffer: [UInt8] = []
        var dropped = 0
        var rest = text[...]
        repeat {
            buffer += rest.prefix(nextCount())
            rest = text[(dropped + buffer.count)...]
            unsafe buffer.withOctets { bytes in
                while let match = unsafe scanner.next(in: bytes, isComplete: rest.isEmpty) {
                    ranges.append(match.range.lowerBound + dropped..<match.range.upperBound + dropped)
                }
            }
            buffer.removeFirst(scanner.settled)
            dropped += scanner.settled
            scanner.removed(scanner.settled)
        } while !rest.isEmpty
        return ranges
    }
}

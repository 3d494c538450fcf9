/// Counts lines fast enough not to be noticed beside reading and writing: eight bytes at a time, in a word.
enum Newlines {
    private static let low: UInt64 = 0x0101_0101_0101_0101
    private static let newlines = low &* UInt64(UInt8(ascii: "\n"))

    static func count(in bytes: UnsafeRawBufferPointer) -> Int {
        var total = 0
        var position = 0
        let wordsEnd = bytes.count / 8 * 8
        while position < wordsEnd {
            // Each byte of `lanes` counts for one place in the word, which it can do 255 times.
            let end = min(wordsEnd, position + 255 * 8)
            var lanes: UInt64 = 0
            while position < end {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                lanes &+= ones(whereZero: word ^ newlines)
                position += 8
            }
            let pairs = (lanes & 0x00FF_00FF_00FF_00FF) &+ (lanes >> 8 & 0x00FF_00FF_00FF_00FF)
            total += Int((pairs &* 0x0001_0001_0001_0001) >> 48)
        }
        while position < bytes.count {
            total += unsafe bytes[position] == UInt8(ascii: "\n") ? 1 : 0
            position += 1
        }
        return total
    }

    /// A word with 1 in each byte that is 0 in `word`, and 0 in the others.
    private static func ones(whereZero word: UInt64) -> UInt64 {
        let sevenBits = low &* 0x7F
        return ~(((word & sevenBits) &+ sevenBits) | word | sevenBits) >> 7
    }
}

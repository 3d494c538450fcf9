internal import Glibc

/// Finds envelopes in bytes, in linear time and without a regular expression: the original's grammar
/// `ENC\[(NACL|KMS|HPKE),[A-Za-z0-9+/=\s]+\]`, leftmost match first.
///
/// The scanner remembers how far it has looked, so that a stream can hand it a growing buffer without anything being looked
/// at twice, however small the pieces are.
struct EnvelopeScanner {
    struct Match: Equatable {
        let kind: Envelope.Kind
        /// From `E` to `]`.
        let range: Range<Int>
        /// The base64 in it.
        let base64: Range<Int>
    }

    /// Bytes before this are not part of any envelope still to be found.
    private(set) var settled = 0
    /// The envelope that has begun at `settled` and whose `]` has not been seen.
    private var open: (kind: Envelope.Kind, base64Start: Int)?
    /// Where the search goes on.
    private var cursor = 0

    /// Tells that the first `count` bytes of the buffer, all of them settled, have been removed.
    mutating func removed(_ count: Int) {
        settled -= count
        cursor -= count
        open?.base64Start -= count
    }

    /// The next envelope, or `nil` when there is none in `bytes`; then `settled` says what will not become one.
    /// - Parameter isComplete: nothing follows `bytes`, so that what has begun will not end.
    mutating func next(in bytes: UnsafeRawBufferPointer, isComplete: Bool) -> Match? {
        while true {
            if let (kind, start) = open {
                while cursor < bytes.count, unsafe EnvelopeScanner.isBody(bytes[cursor]) { cursor += 1 }
                guard cursor < bytes.count else { break }
                open = nil
                if unsafe cursor > start && bytes[cursor] == UInt8(ascii: "]") {
                    let match = Match(kind: kind, range: settled..<cursor + 1, base64: start..<cursor)
                    cursor += 1
                    settled = cursor
                    return match
                }
                // "ENC" belongs to the base64 alphabet: the bracket that ended this one may begin the next.
                cursor = max(start, cursor - 3)
                settled = cursor
            }
            guard let start = unsafe EnvelopeScanner.findStart(in: bytes, from: cursor) else {
                cursor = max(cursor, unsafe EnvelopeScanner.startOfBeginning(in: bytes))
                settled = cursor
                break
            }
            settled = start
            cursor = start
            switch unsafe EnvelopeScanner.header(in: bytes, at: start) {
            case .kind(let kind, let end):
                open = (kind, end)
                cursor = end
            case .none:
                cursor = start + 4
                settled = cursor
            case .cutOff:
                if isComplete {
                    cursor = start + 4
                    settled = cursor
                    continue
                }
                return nil
            }
        }
        if isComplete { settled = bytes.count }
        return nil
    }

    private enum Header {
        case kind(Envelope.Kind, end: Int)
        case none
        /// The bytes end within what may be a header.
        case cutOff
    }

    /// What follows `ENC[`.
    private static func header(in bytes: UnsafeRawBufferPointer, at start: Int) -> Header {
        let nameStart = start + 4
        let rest = unsafe bytes[nameStart..<min(nameStart + 5, bytes.count)]
        var isCutOff = false
        for (kind, name) in names {
            let common = unsafe zip(rest, name).prefix { $0 == $1 }.count
            if common == name.count { return .kind(kind, end: nameStart + name.count) }
            if unsafe common == rest.count { isCutOff = true }
        }
        return isCutOff ? .cutOff : .none
    }

    private static let names: [(Envelope.Kind, [UInt8])] = [
        (.nacl, Array("NACL,".utf8)), (.kms, Array("KMS,".utf8)), (.hpke, Array("HPKE,".utf8)),
    ]

    /// The first `ENC[` at or after `position`.
    private static func findStart(in bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var position = position + 3
        while position < bytes.count {
            // A bracket is rarer than an E in most texts.
            let found = unsafe memchr(base + position, CInt(UInt8(ascii: "[")), bytes.count - position)
            guard let found = unsafe found else { return nil }
            let bracket = unsafe base.distance(to: UnsafeRawPointer(found))
            if unsafe bytes[bracket - 3] == UInt8(ascii: "E") && bytes[bracket - 2] == UInt8(ascii: "N")
                && bytes[bracket - 1] == UInt8(ascii: "C")
            {
                return bracket - 3
            }
            position = bracket + 1
        }
        return nil
    }

    /// Where the last bytes begin that may become an `ENC[`; the end when they cannot.
    ///
    /// Nothing else is held back: who waits for a line of a stream must get all of it.
    private static func startOfBeginning(in bytes: UnsafeRawBufferPointer) -> Int {
        for count in stride(from: min(3, bytes.count), to: 0, by: -1) {
            let start = bytes.count - count
            if unsafe bytes[start...].elementsEqual("ENC".utf8.prefix(count)) { return start }
        }
        return bytes.count
    }

    /// `[A-Za-z0-9+/=\s]`, as two words of bits.
    private static func isBody(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        let bits: UInt64 = byte < 64 ? 0x23FF_8801_0000_3600 : 0x07FF_FFFE_07FF_FFFE
        return bits >> (byte & 63) & 1 == 1
    }
}

/// Any text that holds no, one or several envelopes: a scalar of a config file, a variable, a whole file.
///
/// What is not an envelope stays as it is. The exact size of the plaintext is known without any key.
public struct Value: Hashable, Sendable {
    public enum Piece: Hashable, Sendable {
        /// Text that passes through.
        case literal([UInt8])
        case envelope(Envelope)
        /// Looks like an envelope, but cannot be one; says why.
        case malformed(SecretaryError)
    }

    public let pieces: [Piece]

    /// Splits `text` into envelopes and what is between them.
    ///
    /// This never fails: a broken envelope becomes a piece of its own.
    public init(scanning text: [UInt8]) {
        self.pieces = unsafe text.withOctets { bytes in unsafe Value.split(bytes) }
    }

    private static func split(_ bytes: UnsafeRawBufferPointer) -> [Piece] {
        var pieces: [Piece] = []
        var scanner = EnvelopeScanner()
        var position = 0
        while let match = unsafe scanner.next(in: bytes, isComplete: true) {
            if position < match.range.lowerBound {
                pieces.append(.literal(unsafe Array(bytes[position..<match.range.lowerBound])))
            }
            position = match.range.upperBound
            do {
                let base64 = unsafe bytes.part(match.base64.lowerBound, match.base64.count)
                pieces.append(.envelope(unsafe try Envelope.parse(kind: match.kind, base64: base64)))
            } catch {
                pieces.append(.malformed(error))
            }
        }
        if position < bytes.count { pieces.append(.literal(unsafe Array(bytes[position...]))) }
        return pieces
    }

    /// The number of bytes of the plaintext, exactly, without any key; a malformed piece counts nothing.
    public var plaintextCount: Int {
        pieces.reduce(0) { count, piece in
            switch piece {
            case .literal(let bytes): count + bytes.count
            case .envelope(let envelope): count + envelope.plaintextCount
            case .malformed: count
            }
        }
    }

    /// Something in it is encrypted, or was meant to be.
    public var hasEnvelopes: Bool {
        pieces.contains { if case .literal = $0 { false } else { true } }
    }

    public var isMalformed: Bool {
        pieces.contains { if case .malformed = $0 { true } else { false } }
    }

    public var envelopes: [Envelope] {
        pieces.compactMap { if case .envelope(let envelope) = $0 { envelope } else { nil } }
    }

    /// Names this version of the value: BLAKE2b-256 of its pieces' digests.
    public var digest: [UInt8] {
        BLAKE2b.hash(
            pieces.flatMap { piece in
                switch piece {
                case .literal(let bytes): BLAKE2b.hash(Array("literal,".utf8), bytes)
                case .envelope(let envelope): envelope.digest
                case .malformed(let error): BLAKE2b.hash(Array("malformed,\(error.message)".utf8))
                }
            })
    }
}

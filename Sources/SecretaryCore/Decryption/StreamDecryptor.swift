public import SystemPackage

/// Copies a stream with every envelope in it replaced by its plaintext.
///
/// Memory does not grow with the stream: there is a buffer for the text, which grows to hold one envelope, and a guarded one
/// for the plaintext.
public struct StreamDecryptor {
    /// The longest text of one envelope: the largest plaintext in base64, with as much white space as anyone has put there.
    public static let maximumEnvelopeCount = 32 << 20

    private let opener: SecretOpener
    private let chunkCount: Int

    public init(opener: SecretOpener) {
        self.init(opener: opener, chunkCount: 256 << 10)
    }

    /// - Parameter chunkCount: how much is read at a time; only tests choose it.
    init(opener: SecretOpener, chunkCount: Int) {
        self.opener = opener
        self.chunkCount = chunkCount
    }

    /// Copies `source` to its end.
    /// - Parameter name: what the reader calls the secrets in it; a scope with a `#NAME` asks for it.
    /// - Throws: `.io`; and for an envelope that cannot be opened what the opener says, with the line it begins on and its
    ///   number. Then everything before that envelope has been written, and nothing after it.
    public func copy(from source: FileDescriptor, to target: FileDescriptor, name: String? = nil)
        throws(SecretaryError)
    {
        var input = StreamBuffer(capacity: chunkCount)
        var output = try PlaintextWriter(to: target)
        var scanner = EnvelopeScanner()
        var position = Position()
        var isComplete = false
        while !isComplete {
            isComplete = try input.fill(from: source) == 0
            try unsafe input.withUnsafeBytes { (text) throws(SecretaryError) in
                var start = 0
                while let match = unsafe scanner.next(in: text, isComplete: isComplete) {
                    try unsafe output.write(text.part(start..<match.range.lowerBound))
                    start = match.range.upperBound
                    position.envelope += 1
                    do throws(SecretaryError) {
                        let base64 = unsafe text.part(match.base64)
                        let envelope = try unsafe Envelope.parse(kind: match.kind, base64: base64)
                        try unsafe output.write(count: envelope.plaintextCount) { (target) throws(SecretaryError) in
                            try unsafe opener.open(envelope, name: name, into: target)
                        }
                    } catch {
                        if error.code == .io { throw error }
                        try output.flush()
                        unsafe position.advance(over: text.part(0..<match.range.lowerBound))
                        throw error.prefixed("\(position)")
                    }
                }
                try unsafe output.write(text.part(start..<scanner.settled))
                unsafe position.advance(over: text.part(0..<scanner.settled))
            }
            // Before the next read, which may wait for somebody who waits for this.
            try output.flush()
            input.removeFirst(scanner.settled)
            scanner.removed(scanner.settled)
            if input.count > StreamDecryptor.maximumEnvelopeCount {
                position.envelope += 1
                let limit = "\(StreamDecryptor.maximumEnvelopeCount >> 20) MiB"
                throw SecretaryError(.malformed, "\(position): longer than \(limit), or without its ]")
            }
        }
    }

    /// Where in the stream an error is.
    private struct Position: CustomStringConvertible {
        var line = 1
        var envelope = 0

        mutating func advance(over text: UnsafeRawBufferPointer) {
            line += unsafe Newlines.count(in: text)
        }

        var description: String { "line \(line), envelope \(envelope)" }
    }
}

/// Text on its way through: read at the end, removed at the beginning.
@safe private struct StreamBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Reads as much as there is room for, and makes room when there is none.
    /// - Returns: the number of bytes read, 0 at the end of `source`.
    mutating func fill(from source: FileDescriptor) throws(SecretaryError) -> Int {
        if unsafe count == memory.count {
            let larger = unsafe UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * memory.count, alignment: 64)
            unsafe larger.copyMemory(from: UnsafeRawBufferPointer(memory))
            unsafe memory.deallocate()
            unsafe memory = larger
        }
        do {
            let received = try unsafe source.read(into: memory.part(count..<memory.count))
            count += received
            return received
        } catch {
            throw SecretaryError(.io, "cannot read: \(error)")
        }
    }

    mutating func removeFirst(_ removed: Int) {
        guard removed > 0 else { return }
        count -= removed
        unsafe memory.part(0, count).copyMemory(from: UnsafeRawBufferPointer(memory.part(removed, count)))
    }

    func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) throws(SecretaryError) -> Void) throws(SecretaryError) {
        try unsafe body(UnsafeRawBufferPointer(memory.part(0, count)))
    }
}

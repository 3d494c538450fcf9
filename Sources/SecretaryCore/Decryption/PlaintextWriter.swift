internal import CSodium
internal import SystemPackage

/// Gathers plaintext in guarded memory on its way to a file descriptor, so that many small secrets take one `write`.
struct PlaintextWriter: ~Copyable {
    private let descriptor: FileDescriptor
    private var buffer: SecretBytes
    private var used = 0
    /// Longer text is written from where it lies.
    private static let worthGathering = 8 << 10

    init(to descriptor: FileDescriptor, capacity: Int = 64 << 10) throws(SecretaryError) {
        self.descriptor = descriptor
        self.buffer = try SecretBytes(count: capacity)
    }

    /// Writes text that is not secret.
    mutating func write(_ text: UnsafeRawBufferPointer) throws(SecretaryError) {
        if text.count > PlaintextWriter.worthGathering {
            try flush()
            return try unsafe PlaintextWriter.send(text, to: descriptor)
        }
        try unsafe write(count: text.count) { unsafe $0.copyMemory(from: text) }
    }

    /// Writes `count` bytes that `fill` puts into guarded memory; none when it throws.
    mutating func write(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void)
        throws(SecretaryError)
    {
        if count > buffer.count {
            let large = try unsafe SecretBytes(count: count, filledBy: fill)
            try flush()
            return try large.write(to: descriptor)
        }
        if used + count > buffer.count { try flush() }
        let start = used
        try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(SecretaryError) in
            try unsafe fill(bytes.part(start, count))
        }
        used += count
    }

    /// Sends what has been gathered, and zeroes it.
    mutating func flush() throws(SecretaryError) {
        guard used > 0 else { return }
        let (count, descriptor) = (used, descriptor)
        used = 0
        try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(SecretaryError) in
            defer { unsafe sodium_memzero(bytes.octets, count) }
            try unsafe PlaintextWriter.send(UnsafeRawBufferPointer(bytes.part(0, count)), to: descriptor)
        }
    }

    private static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: FileDescriptor) throws(SecretaryError) {
        do {
            _ = try unsafe descriptor.writeAll(bytes)
        } catch {
            throw SecretaryError(.io, "cannot write: \(error)")
        }
    }
}

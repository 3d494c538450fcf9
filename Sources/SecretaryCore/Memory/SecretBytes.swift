internal import CSodium
internal import Glibc
public import SystemPackage

/// Plaintext or a private key, in memory that is guarded, locked, excluded from core dumps, and zeroed when it ends.
///
/// The only type of the project that holds secret bytes: they are never put into a `String`, an `Array` or `Data`.
/// The memory comes from `sodium_malloc`: inaccessible pages on both sides, a canary, `mlock` and `MADV_DONTDUMP`.
/// A value cannot be copied; it is zeroed and freed when its owner ends.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {  // uniquely owned memory
    private let base: UnsafeMutableRawPointer
    /// Number of bytes.
    public let count: Int

    /// The largest secret that Secretary handles, in bytes.
    public static let maximumCount = 16 << 20

    /// Allocates `count` zero bytes.
    /// - Throws: `.system` when guarded memory cannot be had.
    public init(count: Int) throws(SecretaryError) {
        unsafe self.base = try SecretBytes.allocate(count)
        self.count = count
    }

    /// Allocates `count` bytes and lets `fill` write them; on an error of its own they are zeroed and freed.
    public init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void)
        throws(SecretaryError)
    {
        let base = unsafe try SecretBytes.allocate(count)
        do {
            try unsafe fill(UnsafeMutableRawBufferPointer(start: base, count: count))
        } catch {
            unsafe sodium_free(base)
            throw error
        }
        unsafe self.base = base
        self.count = count
    }

    private static func allocate(_ count: Int) throws(SecretaryError) -> UnsafeMutableRawPointer {
        _ = Sodium.ready
        guard let base = unsafe sodium_malloc(count) else {
            throw SecretaryError(
                .system, "cannot allocate \(count) bytes of guarded memory",
                hint: "raise the limits on memory and memory maps (ulimit -v, vm.max_map_count)")
        }
        unsafe LockedMemory.check(base, count)
        unsafe sodium_memzero(base, count)
        return unsafe base
    }

    deinit {
        unsafe sodium_free(base)
    }

    /// Lends the bytes for the duration of `body`.
    ///
    /// They must not be copied anywhere but into other guarded memory, a file descriptor or the kernel.
    public borrowing func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Lends the bytes for writing.
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: count))
    }

    /// Compares in constant time (`sodium_memcmp`).
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(base, other.base, count) == 0
    }
}

extension SecretBytes {
    /// Writes all bytes to `descriptor`, without a buffer in between.
    /// - Throws: `.io`, naming the system's reason.
    public borrowing func write(to descriptor: FileDescriptor) throws(SecretaryError) {
        do {
            _ = try unsafe withUnsafeBytes { bytes in try unsafe descriptor.writeAll(bytes) }
        } catch {
            throw SecretaryError(.io, "cannot write: \(error)")
        }
    }

    /// Reads `descriptor` to its end into guarded memory.
    /// - Parameter limit: more bytes than this are an error, not a truncation.
    /// - Throws: `.malformed` beyond the limit, `.io` when reading fails.
    public init(readingAll descriptor: FileDescriptor, limit: Int = SecretBytes.maximumCount) throws(SecretaryError) {
        var buffer = try SecretBytes(count: 4096)
        var used = 0
        while true {
            if used == buffer.count {
                // One byte beyond the limit is enough to know that there is more.
                let larger = try unsafe SecretBytes(count: min(buffer.count * 4, limit + 1)) { target in
                    unsafe buffer.withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
                }
                buffer = larger
            }
            let received: Int
            do {
                received = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[used...]))
                }
            } catch {
                throw SecretaryError(.io, "cannot read: \(error)")
            }
            if received == 0 { break }
            used += received
            if used > limit {
                throw SecretaryError(
                    .malformed, "the input is larger than \(limit >> 20) MiB, the largest secret possible")
            }
        }
        let total = used
        try unsafe self.init(count: total) { target in
            unsafe buffer.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<total]))
            }
        }
    }
}

extension SecretBytes {
    /// What may be shown of a secret: its length.
    public var description: String { "SecretBytes(\(count))" }
}

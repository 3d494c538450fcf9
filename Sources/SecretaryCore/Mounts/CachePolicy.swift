/// How long the plaintext of a mount may stay in the kernel's page cache.
public enum CachePolicy: String, Sendable, CaseIterable {
    /// Never there: each `read` asks the server. No shared memory maps.
    case strict
    /// From the first open to a short linger after the last close. The default.
    case open
    /// From the first read on, until the value changes or the kernel needs the memory; no request at all per open,
    /// so no decision per open either, and as exposed as a file on tmpfs.
    case resident
}

internal import CSodium

/// libsodium, initialised once for the process before its first use.
enum Sodium {
    /// Call before any other libsodium function. `sodium_init` is thread-safe and may be called again, so a static
    /// constant is only the shortest way to do it once.
    static let ready: Void = {
        // -1 is only ever answered when the system has no randomness; nothing secret can be done then.
        precondition(sodium_init() >= 0, "libsodium cannot be initialised: the system provides no randomness")
    }()
}

/// How long a value that somebody outside has opened is served again, with and without asking.
public struct OutagePolicy: Sendable, Hashable {
    /// So long it is served without asking again.
    public var fresh: Duration
    /// So long it is served when nobody answers; then its plaintext is zeroed.
    public var stale: Duration
    /// Whether values are asked for before somebody reads them.
    public var prefetches: Bool

    public init(fresh: Duration = .seconds(10), stale: Duration = .seconds(3600), prefetches: Bool = false) {
        self.fresh = fresh
        self.stale = max(fresh, stale)
        self.prefetches = prefetches
    }
}

/// How a value stands that somebody outside has opened before.
public enum KeptState: String, Sendable {
    /// It is served without asking.
    case fresh
    /// It is served only if nobody answers who is asked.
    case stale
}

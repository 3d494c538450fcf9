/// How long to wait before something that failed is tried again.
///
/// Each wait is drawn between nothing and a limit that doubles ("full jitter"), so that many clients that fail at the same
/// moment do not come back at the same moment.
public struct Backoff: Sendable {
    private let longest: Duration
    private var limit: Duration

    public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
        self.limit = first
        self.longest = longest
    }

    /// The next wait.
    public mutating func next() -> Duration {
        defer { limit = min(limit * 2, longest) }
        return limit * Double.random(in: 0...1)
    }
}

internal import Glibc
public import SecretaryCore

/// Trying again what can be repeated without harm.
public struct Retry: Sendable {
    public var attempts: Int
    public var backoff: Backoff
    /// No attempt begins later than this after the first.
    public var within: Duration

    public init(attempts: Int = 4, backoff: Backoff = Backoff(), within: Duration = .seconds(15)) {
        self.attempts = attempts
        self.backoff = backoff
        self.within = within
    }

    /// Calls `body` until it succeeds, fails for good, or the attempts or the time are used up.
    /// - Parameter isPassing: whether an error may be gone the next time.
    /// - Throws: the last error of `body`.
    public func callAsNeeded<Result: ~Copyable, Failure: Error>(
        while isPassing: (Failure) -> Bool, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let deadline = ContinuousClock.now + within
        var backoff = backoff
        for _ in 1..<max(attempts, 1) {
            do throws(Failure) {
                return try body()
            } catch {
                let wait = backoff.next()
                guard isPassing(error), ContinuousClock.now + wait < deadline else { throw error }
                Retry.sleep(wait)
            }
        }
        return try body()
    }

    /// Waits, whatever signals come.
    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while unsafe nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
    }
}

/// When a worker that has ended is started again.
///
/// One that was killed from outside while it served is started at once. One that fails by itself is given a little time, and
/// after several failures in a row the mount answers without it.
struct CrashPolicy {
    enum Action: Equatable {
        case start(after: Duration)
        /// Answer every request with an error, and try another worker after this time.
        case standIn(retryAfter: Duration)
    }

    /// Failures without `recovery` in between.
    private(set) var failures = 0
    private var lastFailure: ContinuousClock.Instant?

    /// After so many failures in a row the mount answers by itself.
    static let limit = 5
    /// A worker that lived this long is not part of a row.
    static let recovery: Duration = .seconds(30)
    static let retryInterval: Duration = .seconds(10)

    /// - Parameters:
    ///   - wasKilled: by `SIGKILL`: somebody else's doing.
    ///   - served: whether it had begun to serve.
    mutating func workerEnded(
        wasKilled: Bool, served: Bool, now: ContinuousClock.Instant = .now
    ) -> Action {
        if wasKilled, served { return .start(after: .zero) }
        if let lastFailure, now - lastFailure > Self.recovery { failures = 0 }
        lastFailure = now
        failures += 1
        if failures >= Self.limit { return .standIn(retryAfter: Self.retryInterval) }
        // 0, 100, 200, 400 ms: readers wait less than their deadline before they get an answer.
        return .start(after: failures == 1 ? .zero : .milliseconds(50 << (failures - 1)))
    }
}

/// When a worker that has ended is started again.
///
/// One that was killed from outside is started at once. One that fails by itself is given a little time, and after several
/// failures in a row, or a while without anybody who serves, the mount answers without it.
struct CrashPolicy {
    enum Action: Equatable {
        case start(after: Duration)
        /// Answer every request with an error, and try another worker after this time.
        case standIn(retryAfter: Duration)
    }

    /// Failures in a row.
    private(set) var failures = 0
    private var lastFailure: ContinuousClock.Instant?
    private var lastServed: ContinuousClock.Instant

    /// After so many failures in a row the mount answers by itself.
    static let limit = 5
    /// A worker that lived this long is not part of a row.
    static let recovery: Duration = .seconds(30)
    /// How long readers wait for a worker that is killed again and again before it serves.
    static let patience: Duration = .seconds(5)
    static let retryInterval: Duration = .seconds(10)

    init(now: ContinuousClock.Instant = .now) {
        lastServed = now
    }

    /// A worker serves now.
    mutating func workerServes(now: ContinuousClock.Instant = .now) {
        lastServed = now
    }

    /// - Parameters:
    ///   - wasKilled: by `SIGKILL`: somebody else's doing.
    ///   - served: whether it had begun to serve.
    mutating func workerEnded(
        wasKilled: Bool, served: Bool, now: ContinuousClock.Instant = .now
    ) -> Action {
        if served { lastServed = now }
        if wasKilled, now - lastServed < Self.patience { return .start(after: .zero) }
        if let lastFailure, now - lastFailure > Self.recovery { failures = 0 }
        lastFailure = now
        failures += 1
        if wasKilled || failures >= Self.limit { return .standIn(retryAfter: Self.retryInterval) }
        // 0, 100, 200, 400 ms: readers wait less than their deadline before they get an answer.
        return .start(after: failures == 1 ? .zero : .milliseconds(50 << (failures - 1)))
    }
}

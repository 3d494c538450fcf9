internal import SecretaryCore
internal import Synchronization

/// Where requests wait that need an answer of something outside: a key service, a daemon, a log.
///
/// They wait beside the threads that serve the kernel, so that nobody else has to, and none longer than the deadline.
final class WaitingForOutside: Sendable {
    private let threads = BlockingThreads(limit: 32, linger: .seconds(5))
    private let deadlines: Deadlines
    private let abandoned = Mutex<[@Sendable (Waiter.Outcome) -> Void]>([])

    /// Fewer than the journal of requests has room for, so that there is always a place for the next request.
    static let maximum = 960

    init(deadline: Duration) {
        deadlines = Deadlines(limit: deadline, maximum: Self.maximum)
    }

    /// From now on `waiter` waits no longer than the deadline.
    func begin(_ waiter: Waiter) {
        deadlines.watch(waiter)
    }

    /// Does what may take long on another thread.
    /// - Throws: `.system` when there is none.
    func run(_ work: @escaping @Sendable () -> Void) throws(SecretaryError) {
        try threads.run(work)
    }

    /// How many wait now.
    var count: Int { deadlines.count }

    /// Leaves those who wait without an answer: this process ends, and another one is asked again.
    func abandon() {
        let answers = deadlines.takeAll().compactMap { $0.abandon() }
        // A request that is let go of is answered.
        abandoned.withLock { $0 += answers }
    }
}

internal import SecretaryCore

/// Where requests wait that need an answer of something outside: a key service, a daemon, a log.
///
/// They wait beside the threads that serve the kernel, so that nobody else has to, and none longer than the deadline.
final class WaitingForOutside: Sendable {
    private let threads = BlockingThreads(limit: 32, linger: .seconds(5))
    private let deadlines: Deadlines

    init(deadline: Duration) {
        deadlines = Deadlines(limit: deadline)
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

    /// Nobody waits any longer: the mount ends.
    func end() {
        deadlines.endAll(SecretaryError(.unavailable, "the mount ends"))
    }
}

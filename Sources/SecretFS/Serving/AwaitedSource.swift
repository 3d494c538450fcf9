internal import Synchronization

/// Requests that wait until this process has read the source for the first time: another one, that is no more, has
/// shown the names, and nobody else knows what is behind them.
final class AwaitedSource: Sendable {
    typealias Request = (waiter: Waiter, work: @Sendable () -> Void)

    private struct State {
        var isAwaited: Bool
        var requests: [Request] = []
    }

    private let state: Mutex<State>

    init(isAwaited: Bool) {
        state = Mutex(State(isAwaited: isAwaited))
    }

    var isAwaited: Bool { state.withLock { $0.isAwaited } }

    /// Keeps the work until the source has been read.
    /// - Returns: `false` when that has been meanwhile.
    func keep(_ work: @escaping @Sendable () -> Void, for waiter: Waiter) -> Bool {
        state.withLock { state in
            guard state.isAwaited else { return false }
            // No more wait at the same time than have a deadline.
            state.requests.removeAll { !$0.waiter.isWaiting }
            state.requests.append((waiter, work))
            return true
        }
    }

    /// From now on nobody waits any more.
    /// - Returns: those who did.
    func end() -> [Request] {
        state.withLock { state in
            defer { state = State(isAwaited: false) }
            return state.requests
        }
    }
}

internal import Synchronization

/// Whether work that may have to wait is done on the thread of the request: while it is prompt, and on few at a time.
///
/// Another thread costs more than a prompt answer; but what has become slow must not hold up those who want something else.
final class Promptness: Sendable {
    private struct State {
        /// On threads of requests.
        var underWay = 0
        var isPrompt = true
    }

    private let state = Mutex(State())

    /// What takes longer is slow.
    private static let limit: Duration = .milliseconds(1)
    /// So many threads of requests may be caught by what was prompt before.
    private static let maximum = 2

    /// Does the work if it can be expected to be prompt.
    /// - Returns: `nil` when it cannot: it is for another thread, by `measure`.
    func attempt<Result>(_ work: () -> Result) -> Result? {
        let isExpected = state.withLock { state in
            guard state.isPrompt, state.underWay < Self.maximum else { return false }
            state.underWay += 1
            return true
        }
        guard isExpected else { return nil }
        defer { state.withLock { $0.underWay -= 1 } }
        return measure(work)
    }

    /// Does the work, and learns from how long it takes.
    func measure<Result>(_ work: () -> Result) -> Result {
        let began = ContinuousClock.now
        defer {
            let isPrompt = ContinuousClock.now - began < Self.limit
            state.withLock { $0.isPrompt = isPrompt }
        }
        return work()
    }
}

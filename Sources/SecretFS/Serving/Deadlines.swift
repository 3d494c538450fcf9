internal import DequeModule
internal import SecretaryCore
internal import Synchronization

/// Lets nobody wait longer than the deadline for something outside.
///
/// Its thread is there only while somebody waits, so that an idle mount is never woken. Time is counted by a clock that
/// nobody can set.
final class Deadlines: Sendable {
    private struct State {
        /// In the order of their ends, as all may wait equally long.
        var waiting: Deque<(waiter: Waiter, end: ContinuousClock.Instant)> = []
        var isWatched = false
    }

    private let limit: Duration
    private let maximum: Int
    private let state = Mutex(State())
    private let waker = Waker()

    /// - Parameters:
    ///   - limit: how long each may wait.
    ///   - maximum: how many may wait at the same time.
    init(limit: Duration, maximum: Int) {
        self.limit = limit
        self.maximum = maximum
    }

    /// Tells `waiter` in time that there is no answer; at once where too many wait already, or no thread can be had.
    func watch(_ waiter: Waiter) {
        let isFirst: Bool? = state.withLock { state in
            if state.waiting.count >= maximum { state.waiting.removeAll { !$0.waiter.isWaiting } }
            guard state.waiting.count < maximum else { return nil }
            state.waiting.append((waiter, .now + limit))
            defer { state.isWatched = true }
            return !state.isWatched
        }
        guard let isFirst else {
            waiter.tell(.failed(SecretaryError(.timedOut, "\(maximum) others wait for an answer already")))
            return
        }
        guard isFirst else { return }
        do throws(SecretaryError) {
            try BackgroundThread.detach {
                while let next = self.endExpired() { self.waker.wait(until: next) }
            }
        } catch {
            let all = takeAll()
            state.withLock { $0.isWatched = false }
            for waiter in all { waiter.tell(.failed(error)) }
        }
    }

    /// - Returns: when to look again; `nil` when nobody waits any more.
    private func endExpired() -> ContinuousClock.Instant? {
        let (expired, next) = state.withLock { state in
            var expired: [Waiter] = []
            while let (waiter, end) = state.waiting.first {
                guard end <= .now || !waiter.isWaiting else { break }
                state.waiting.removeFirst()
                expired.append(waiter)
            }
            state.isWatched = !state.waiting.isEmpty
            return (expired, state.waiting.first?.end)
        }
        let error = SecretaryError(
            .timedOut, "no answer within \(limit)", hint: "see why it does not answer, or allow more with --deadline")
        for waiter in expired { waiter.tell(.failed(error)) }
        return next
    }

    /// Those who wait; nobody looks after them any more.
    func takeAll() -> [Waiter] {
        let all = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        waker.wake()
        return all.map(\.waiter)
    }

    /// How many wait now.
    var count: Int { state.withLock { $0.waiting.count { $0.waiter.isWaiting } } }
}

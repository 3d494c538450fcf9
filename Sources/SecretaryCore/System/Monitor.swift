internal import Glibc

/// State that threads share and wait on, with a deadline (`pthread_cond_timedwait(3)`), which `Mutex` alone cannot do.
@safe package final class Monitor<State>: @unchecked Sendable {  // `state` is only touched under the lock
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        unsafe lock = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe changed.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(lock, nil)
        // A clock that nobody sets.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(lock)
        unsafe changed.deallocate()
        unsafe lock.deallocate()
    }

    /// Reads or changes the state; must be short.
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body(&state)
    }

    /// Wakes all that wait, to look at the state again.
    package func notify() {
        unsafe pthread_cond_broadcast(changed)
    }

    /// Waits until `body` has an answer.
    /// - Parameters:
    ///   - duration: how long at most; `nil` for ever.
    ///   - body: looks at the state, and may change it; called once more after each `notify`.
    /// - Returns: `nil` when the time is over.
    package func wait<Answer>(for duration: Duration? = nil, _ body: (inout State) -> Answer?) -> Answer? {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        var limit = timespec()
        if let duration {
            unsafe clock_gettime(CLOCK_MONOTONIC, &limit)
            let (seconds, attoseconds) = max(duration, .zero).components
            let nanoseconds = limit.tv_nsec + Int(attoseconds / 1_000_000_000)
            limit.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
            limit.tv_nsec = nanoseconds % 1_000_000_000
        }
        while true {
            if let answer = body(&state) { return answer }
            let status =
                duration == nil
                ? unsafe pthread_cond_wait(changed, lock) : unsafe pthread_cond_timedwait(changed, lock, &limit)
            if status == ETIMEDOUT { return body(&state) }
        }
    }
}

internal import CLinux
internal import DequeModule
internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// Threads for work that may wait for something outside, so that those that serve the kernel never do.
///
/// They are started when there is work, no more than the limit, and end when there has been none for a while: an idle
/// mount has none, and nothing wakes it.
final class BlockingThreads: Sendable {
    typealias Work = @Sendable () -> Void

    private struct State {
        var queue: Deque<Work> = []
        var running = 0
        /// Threads without work, less those that are being woken.
        var idle = 0
    }

    private let limit: Int
    private let linger: Duration
    private let state = Mutex(State())
    /// Counts the threads that were woken and have not noticed it yet.
    private let wakeUps: Int32

    /// - Parameters:
    ///   - limit: more work than this at once waits in a queue.
    ///   - linger: how long a thread stays without work.
    init(limit: Int, linger: Duration) {
        self.limit = limit
        self.linger = linger
        wakeUps = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
    }

    deinit {
        close(wakeUps)
    }

    /// Does the work soon, on one of the threads.
    /// - Throws: `.system` when there is no thread and none can be had.
    func run(_ work: @escaping Work) throws(SecretaryError) {
        let needsThread = state.withLock { state in
            state.queue.append(work)
            if state.idle > 0 {
                state.idle -= 1
                _ = eventfd_write(wakeUps, 1)
                return false
            }
            guard state.running < limit else { return false }
            state.running += 1
            return true
        }
        guard needsThread else { return }
        do {
            try BackgroundThread.detach { self.serve() }
        } catch {
            let isLeft = state.withLock { state in
                state.running -= 1
                // The others get to it.
                guard state.running == 0 else { return true }
                return state.queue.popLast() == nil
            }
            if !isLeft { throw error }
        }
    }

    private func serve() {
        while let work = nextWork() { work() }
    }

    /// - Returns: `nil` when the thread is to end.
    private func nextWork() -> Work? {
        while true {
            let work = state.withLock { state in
                if let work = state.queue.popFirst() { return Optional(work) }
                state.idle += 1
                return nil
            }
            if let work { return work }
            if !isWoken(before: .now + linger) { return nil }
        }
    }

    /// Sleeps without work.
    private func isWoken(before end: ContinuousClock.Instant) -> Bool {
        while true {
            var polled = pollfd(fd: wakeUps, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&polled, 1, ContinuousClock.now.duration(to: end).pollTimeout)
            var count: eventfd_t = 0
            if unsafe eventfd_read(wakeUps, &count) == 0 { return true }
            guard ContinuousClock.now >= end else { continue }
            let ends = state.withLock { state in
                // Somebody counts on this thread if none is idle: its wake-up is about to come.
                guard state.idle > 0 else { return false }
                state.idle -= 1
                state.running -= 1
                return true
            }
            if ends { return false }
        }
    }
}

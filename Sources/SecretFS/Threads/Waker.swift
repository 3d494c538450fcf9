internal import CLinux
internal import Glibc
internal import Synchronization

/// Lets one thread sleep until another wakes it, a descriptor has something to read, or a moment comes (`eventfd(2)`).
///
/// A sleeper without a deadline is not woken by anything else: an idle mount uses no processor time.
final class Waker: Sendable {
    private let event: Int32
    private let stopped = Atomic(false)

    init() {
        // Without one, `wait` only ends by its deadline; descriptors run out long before threads are started.
        event = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        close(event)
    }

    /// Ends the sleep, or the next one.
    func wake() {
        _ = eventfd_write(event, 1)
    }

    /// Tells the sleeper to end.
    func stop() {
        stopped.store(true, ordering: .releasing)
        wake()
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// Sleeps.
    /// - Parameters:
    ///   - deadline: when to stop sleeping; `nil` for never.
    ///   - descriptors: end the sleep when one of them can be read.
    func wait(until deadline: ContinuousClock.Instant?, orReadable descriptors: [Int32] = []) {
        var polled = ([event] + descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var timeout: Int32 = -1
        if let deadline {
            timeout = ContinuousClock.now.duration(to: deadline).pollTimeout
        }
        _ = unsafe poll(&polled, nfds_t(polled.count), timeout)
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(event, &count)
    }
}

extension Duration {
    /// As `poll(2)` has it: whole milliseconds, never too few.
    var pollTimeout: Int32 {
        let milliseconds =
            components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds))
    }
}

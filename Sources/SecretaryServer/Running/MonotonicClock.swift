internal import Glibc

/// The clock that nobody sets (`CLOCK_MONOTONIC`).
package enum MonotonicClock {
    /// Microseconds, as systemd wants them (sd_notify(3)).
    package static func microseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// Holds up this thread, which runs nothing else.
    package static func sleep(for duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }
}

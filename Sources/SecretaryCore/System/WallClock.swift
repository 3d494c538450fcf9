internal import Glibc

/// The time of day, for what people and files see; deadlines use `ContinuousClock`.
public enum WallClock {
    /// Nanoseconds since 1970-01-01 UTC (`CLOCK_REALTIME`, clock_gettime(2)).
    public static func nanoseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

internal import Glibc

/// The time that this thread has spent working: what bounds it says nothing of how busy the machine is.
public struct ThreadTime: Sendable {
    private let began = ThreadTime.now

    public init() {}

    /// What has been spent since this was made, by the same thread.
    public var spent: Duration { Self.now - began }

    private static var now: Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

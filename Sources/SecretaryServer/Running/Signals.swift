internal import Glibc

/// The signals that a server acts upon, taken by the main thread and no other.
package struct Signals {
    package enum Request {
        case end, reload
    }

    private var set = sigset_t()

    /// Blocks them, before other threads are started: these inherit it.
    package init() {
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // A client that goes away is noticed by the failing write.
        signal(SIGPIPE, SIG_IGN)
        // A parent that ignored its children would have us never hear of ours.
        signal(SIGCHLD, SIG_DFL)
    }

    /// Waits for the next one; the corresponding C function is `sigwait`.
    package func next() -> Request {
        var (set, number) = (set, Int32(0))
        while unsafe sigwait(&set, &number) != 0 {}
        return number == SIGHUP ? .reload : .end
    }
}

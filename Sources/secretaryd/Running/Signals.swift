import Glibc

/// The signals that the daemon acts upon, taken by the main thread and no other.
struct Signals {
    enum Request {
        case end, reload
    }

    private var set = sigset_t()

    /// Blocks them, before other threads are started: these inherit it.
    init() {
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // A client that goes away is noticed by the failing write.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for the next one; the corresponding C function is `sigwait`.
    func next() -> Request {
        var (set, number) = (set, Int32(0))
        while unsafe sigwait(&set, &number) != 0 {}
        return number == SIGHUP ? .reload : .end
    }
}

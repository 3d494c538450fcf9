internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// The signals that a supervisor acts upon, as a descriptor that can be waited for (`signalfd(2)`).
struct SupervisorSignals: ~Copyable {
    private let file: FileDescriptor
    private var set = sigset_t()

    /// Blocks the signals; what was ignored when the program started (nohup(1)) is ignored still.
    /// - Throws: `.system` when there are no more descriptors.
    init() throws(SecretaryError) {
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] {
            var action = sigaction()
            unsafe sigaction(number, nil, &action)
            let isIgnored =
                unsafe action.__sigaction_handler.sa_handler.map { unsafe unsafeBitCast($0, to: Int.self) } == 1
            if !isIgnored { unsafe sigaddset(&set, number) }
        }
        // Whoever waited for the mount may be gone; that is noticed by the failing write.
        signal(SIGPIPE, SIG_IGN)
        // A parent that ignored its children would have us never hear of ours.
        signal(SIGCHLD, SIG_DFL)
        unsafe sigaddset(&set, SIGCHLD)
        unsafe sigaddset(&set, SIGUSR2)
        let descriptor = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw SecretaryError(.system, "cannot watch for signals: \(Errno(rawValue: errno))")
        }
        file = FileDescriptor(rawValue: descriptor)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    deinit {
        try? file.close()
    }

    /// Can be read when a signal came.
    var descriptor: Int32 { file.rawValue }

    /// The signals that came since the last call.
    func pending() -> [Int32] {
        var numbers: [Int32] = []
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while unsafe read(file.rawValue, &information, size) == size { numbers.append(Int32(information.ssi_signo)) }
        return numbers
    }
}

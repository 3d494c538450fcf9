internal import CLinux
internal import Glibc

/// Keeps what is in this process's memory from leaving it: no core dump, no debugger of the same user, no crash report.
///
/// `SecretBytes` excludes itself from core dumps; this covers what is not ours to place, such as the stack and registers.
public enum ProcessHygiene {
    /// glibc declares the constant and the functions' parameter with different types.
    private static let coreSize = __rlimit_resource_t(RLIMIT_CORE.rawValue)

    /// The limit on core dumps that was in force before `protect()`.
    public struct CoreLimit: Sendable {
        fileprivate let limit: rlimit

        /// Puts the limit back, for a program that is about to replace this one: limits are inherited by `execve`, while
        /// the kernel makes the new program dumpable again by itself.
        public func restore() {
            var limit = limit
            _ = unsafe setrlimit(coreSize, &limit)
        }
    }

    /// Forbids core dumps (`RLIMIT_CORE` 0), tracing by other processes of the same user (`PR_SET_DUMPABLE` 0), and the
    /// crash reports of Swift's runtime.
    ///
    /// Only the soft limit is lowered, so that it can be put back. None of the calls can fail for these arguments.
    @discardableResult
    public static func protect() -> CoreLimit {
        var before = rlimit()
        _ = unsafe getrlimit(coreSize, &before)
        var none = rlimit(rlim_cur: 0, rlim_max: before.rlim_max)
        _ = unsafe setrlimit(coreSize, &none)
        _ = clinux_set_dumpable(0)
        forbidCrashReports()
        return CoreLimit(limit: before)
    }

    /// Gives the signals of a crash back their default action.
    ///
    /// Where the runtime finds `swift-backtrace` it handles them, and prints the registers with the memory that they point
    /// to, which is as good as a core dump in a log.
    private static func forbidCrashReports() {
        var current = sigaction()
        guard unsafe sigaction(SIGSEGV, nil, &current) == 0, unsafe current.__sigaction_handler.sa_handler != nil else {
            return
        }
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }
}

internal import CLinux
internal import Glibc
internal import Synchronization

/// How much memory may be locked, so that it is never swapped out, and whether that was enough (mlock(2)).
///
/// `sodium_malloc` locks what it allocates, but says nothing when it cannot.
public enum LockedMemory {
    /// Secrets that are in memory that could not be locked, or were.
    private static let failures = Atomic<Int>(0)
    /// Whether locking can fail at all; saves a system call for each secret where it cannot.
    private static let isUnlimited = Atomic<Bool>(false)

    /// Raises the limit of this process, and of those that it starts, as far as it may: privileged ones have none then.
    public static func raiseLimit() {
        var limits = rlimit()
        guard unsafe getrlimit(resource, &limits) == 0 else { return }
        var endless = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
        if unsafe setrlimit(resource, &endless) != 0 {
            limits.rlim_cur = limits.rlim_max
            _ = unsafe setrlimit(resource, &limits)
        }
        isUnlimited.store(limit == nil, ordering: .relaxed)
    }

    /// The limit in bytes; `nil` for none.
    public static var limit: Int? {
        var limits = rlimit()
        guard unsafe getrlimit(resource, &limits) == 0 else { return nil }
        return Int(exactly: limits.rlim_cur)
    }

    /// Number of secrets, since the process began, whose memory could not be locked.
    public static var failureCount: Int { failures.load(ordering: .relaxed) }

    /// What to tell when the limit is so low that it will not do, or did not; `nil` while all is well.
    public static var warning: SecretaryError? {
        let limit = limit
        guard failureCount > 0 || (limit ?? .max) < sensibleLimit else { return nil }
        let size = limit.map { "\($0 >> 10) KiB" } ?? "nothing"
        let failed = failureCount > 0 ? "; \(failureCount) secrets were in memory that can be swapped out" : ""
        return SecretaryError(
            .system, "no more than \(size) of memory may be locked\(failed)",
            hint: "raise the limit: ulimit -l, LimitMEMLOCK= of a systemd unit, or memlock in /etc/security/limits.conf"
        )
    }

    /// Enough for about two hundred small secrets at a time: each needs a page, whatever its size.
    public static let sensibleLimit = 1 << 20

    /// Checks that memory that has just been allocated is locked, by locking it once more.
    static func check(_ memory: UnsafeRawPointer, _ count: Int) {
        guard count > 0, !isUnlimited.load(ordering: .relaxed), unsafe mlock(memory, count) != 0 else { return }
        failures.add(1, ordering: .relaxed)
    }

    private static let resource = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
}

internal import CLinux
internal import Glibc

extension SystemCallFilter {
    /// What a worker may still do.
    ///
    /// Those first that it does most often, although kernels since 5.11 do not look through the list for calls without
    /// conditions.
    static func worker(_ needs: WorkerNeeds) -> SystemCallFilter {
        var rules = allow(serving + memory + threads + waiting + reading + olderReading + harmless) + conditional
        rules += openingFiles(forWriting: needs.writableFolder != nil)
        rules += mappingCode(needs.usesNetwork)
        if needs.writableFolder != nil { rules += allow(writing + olderWriting) }
        if needs.usesLocalSockets || needs.usesNetwork {
            rules += sockets(needs.usesNetwork ? [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] : [AF_UNIX])
        }
        return SystemCallFilter(rules: rules + intrusions)
    }

    private static func allow(_ numbers: [Int32]) -> [Rule] { numbers.map { Rule(number: $0) } }

    /// Messages from and to the kernel and the supervisor, and the mount's memory, by descriptors that are open already.
    private static let serving = [
        SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_shutdown,
        SYS_close, SYS_close_range, SYS_dup, SYS_dup3, SYS_fcntl, SYS_flock, SYS_pipe2,
        SYS_pwrite64, SYS_ftruncate,
    ]

    private static let memory = [
        SYS_munmap, SYS_madvise, SYS_mremap, SYS_brk, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_msync,
    ]

    private static let threads = [
        SYS_futex, SYS_set_robust_list, SYS_rseq, SYS_set_tid_address, SYS_gettid, SYS_exit, SYS_exit_group,
        SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_membarrier,
    ]

    /// For messages, times, changes of files, and signals.
    private static let waiting = [
        SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_signalfd4,
        SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_nanosleep, SYS_clock_nanosleep,
        SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_restart_syscall, SYS_rt_sigaction,
        SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_rt_sigpending,
        SYS_sigaltstack,
    ]

    /// The source, and `/proc`; opening has conditions.
    private static let reading = [
        SYS_pread64, SYS_preadv, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs,
        SYS_getdents64, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getcwd, SYS_chdir, SYS_fchdir,
    ]

    private static let harmless = [
        SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getrandom, SYS_getpid, SYS_getppid, SYS_getuid,
        SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getrlimit, SYS_getrusage, SYS_times, SYS_uname,
        SYS_sysinfo, SYS_getcpu, SYS_pidfd_open,
    ]

    /// A log that grows, is made durable, and gives way to a new one.
    private static let writing = [
        SYS_pwritev, SYS_fsync, SYS_fdatasync, SYS_sync_file_range, SYS_fallocate,
        SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_fchmod,
    ]

    private static var conditional: [Rule] {
        let process = UInt32(getpid())
        return threadsOnly + [
            // Signals for itself only.
            Rule(number: SYS_kill, conditions: [Condition(argument: 0, value: process)]),
            Rule(number: SYS_tgkill, conditions: [Condition(argument: 0, value: process)]),
            // Limits are read, not set: the new one is a null pointer.
            Rule(
                number: SYS_prlimit64,
                conditions: [
                    Condition(argument: 2, value: 0), Condition(argument: 2, isUpper: true, value: 0),
                ]),
            Rule(number: SYS_prctl, conditions: [.is(PR_SET_NAME, 0)]),
            Rule(number: SYS_prctl, conditions: [.is(PR_GET_NAME, 0)]),
            Rule(number: SYS_prctl, conditions: [.is(PR_SET_DUMPABLE, 0), .is(0, 1)]),
            // Is it a terminal, and how much is there to read.
            Rule(number: SYS_ioctl, conditions: [.is(Int32(TCGETS), 1)]),
            Rule(number: SYS_ioctl, conditions: [.is(Int32(FIONREAD), 1)]),
        ]
    }

    /// Opening files: to read them, or anyhow.
    private static func openingFiles(forWriting: Bool) -> [Rule] {
        let changing = O_ACCMODE | O_CREAT | O_TRUNC
        return [
            Rule(number: SYS_openat, conditions: forWriting ? [] : [.bits(changing, of: 2, are: O_RDONLY)]),
            Rule(number: SYS_openat2, action: .fail(ENOSYS)),
        ]
    }

    /// Memory, but none that can be executed, unless libraries are loaded.
    private static func mappingCode(_ isAllowed: Bool) -> [Rule] {
        [SYS_mmap, SYS_mprotect].map {
            Rule(number: $0, conditions: isAllowed ? [] : [.bits(PROT_EXEC, of: 2, are: 0)])
        }
    }

    private static func sockets(_ families: [Int32]) -> [Rule] {
        families.map { Rule(number: SYS_socket, conditions: [.is($0, 0)]) }
            + allow([
                SYS_connect, SYS_bind, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendmmsg,
            ])
    }

    // Older forms of calls that only this processor still has.
    #if arch(x86_64)
        private static let olderReading = [
            SYS_poll, SYS_select, SYS_epoll_wait, SYS_readlink, SYS_access, SYS_stat, SYS_lstat, SYS_dup2, SYS_time,
        ]
        private static let olderWriting = [SYS_rename, SYS_link, SYS_unlink]
    #else
        private static let olderReading: [Int32] = []
        private static let olderWriting: [Int32] = []
    #endif
}

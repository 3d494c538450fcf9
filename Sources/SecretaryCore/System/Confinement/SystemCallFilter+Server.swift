internal import CLinux
internal import Glibc

extension SystemCallFilter {
    /// What a server on the network may no longer do.
    ///
    /// A list of what is taken from it, and not of what is left: event loops, TLS, resolvers and libcurl make calls that change
    /// with their versions.
    static var server: SystemCallFilter {
        let processes = [SYS_clone] + olderProcesses
        let forbidden = processes.map { Rule(number: $0, action: .fail(EPERM)) }
        return SystemCallFilter(rules: threadsOnly + forbidden + intrusions, otherwise: .allow)
    }

    /// Threads, but no processes.
    ///
    /// `clone3` hides what it is for behind a pointer; glibc then does without it.
    static var threadsOnly: [Rule] {
        [
            Rule(number: SYS_clone, conditions: [.bits(CLONE_THREAD, of: 0, are: CLONE_THREAD)]),
            Rule(number: SYS_clone3, action: .fail(ENOSYS)),
        ]
    }

    /// What only somebody does who has taken the process over ends it.
    static var intrusions: [Rule] { hostile.map { Rule(number: $0, action: .kill) } }

    // Older forms of calls that only this processor still has.
    #if arch(x86_64)
        private static let olderProcesses = [SYS_fork, SYS_vfork]
    #else
        private static let olderProcesses: [Int32] = []
    #endif

    private static let hostile = [
        SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd,
        SYS_open_by_handle_at, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_mount,
        SYS_umount2, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsmount, SYS_fsconfig, SYS_fspick,
        SYS_mount_setattr, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_kexec_load, SYS_kexec_file_load,
        SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_add_key,
        SYS_request_key, SYS_keyctl, SYS_personality,
    ]
}

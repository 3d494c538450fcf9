internal import CLinux
internal import Glibc
internal import SystemPackage

extension SafeFile {
    /// Whether some process has the file open for writing at this moment; `false` when that cannot be known.
    ///
    /// The kernel grants a lease for reading (`F_SETLEASE` of fcntl(2)) only on a file that nobody can write to; it is given
    /// back at once, and whoever opens the file meanwhile waits for that long. Only the owner of a file and who has
    /// `CAP_LEASE` can ask, and not on every file system.
    static func isOpenForWriting(_ path: FilePath) -> Bool {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
        let descriptor = unsafe path.withPlatformString { unsafe Glibc.open($0, flags) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // What tells the holder that somebody waits would be SIGIO, which ends a process that does not expect it.
        guard fcntl(descriptor, clinux_set_lease_signal, SIGURG) == 0 else { return false }
        if fcntl(descriptor, clinux_set_lease, F_RDLCK) != 0 { return errno == EAGAIN }
        _ = fcntl(descriptor, clinux_set_lease, F_UNLCK)
        return false
    }
}

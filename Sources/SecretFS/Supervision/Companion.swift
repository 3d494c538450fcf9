internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A process with whose end a mount ends, too (`pidfd_open(2)`).
final class Companion {
    private let process: FileDescriptor

    /// - Throws: `.mount` when there is no such process, or the kernel cannot tell of its end.
    init(pid: Int32) throws(SecretaryError) {
        let descriptor = clinux_open_process(pid)
        guard descriptor >= 0 else {
            throw SecretaryError(.mount, "cannot wait for the end of process \(pid): \(Errno(rawValue: errno))")
        }
        process = FileDescriptor(rawValue: descriptor)
    }

    deinit {
        try? process.close()
    }

    /// Can be read when the process has ended.
    var descriptor: Int32 { process.rawValue }

    var hasEnded: Bool {
        var polled = pollfd(fd: process.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&polled, 1, 0) == 1
    }
}

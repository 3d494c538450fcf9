import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

/// Mounts that only the command of `exec` and what it starts can see, and that end with it.
struct PrivateMounts {
    var mounts: [PrivateMount]
    /// The options of `mount`.
    var options: [String]

    /// Moves this process into a namespace of its own and mounts there.
    ///
    /// Returns when all the files can be read. The servers are no children of this process, which is to become the command;
    /// they watch it, and end when it does.
    /// - Throws: `ReportedFailure` when a mount fails, which has said why; nothing is left mounted when this process ends.
    func start() throws {
        guard !mounts.isEmpty else { return }
        if Set(mounts.map(\.normalizedPlace)).count < mounts.count {
            throw SecretaryError(.usage, "two --mount have the same place", hint: "give each a directory of its own")
        }
        try PrivateNamespace.enter()
        try Capabilities.lendAdministration()
        defer { Capabilities.endLending() }
        for mount in mounts { try start(mount) }
    }

    private func start(_ mount: PrivateMount) throws {
        let words =
            ["secretaryctl", "mount", "--while-process", String(getpid())] + options
            + ["--", mount.source, mount.place]
        // Who ignores the end of children is not told their status; the command gets the signal as it was.
        var former = sigaction()
        var standard = sigaction()
        unsafe sigaction(SIGCHLD, &standard, &former)
        defer { unsafe sigaction(SIGCHLD, &former, nil) }
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let result = unsafe posix_spawn(&process, "/proc/self/exe", nil, nil, &arguments, environ)
        guard result == 0 else {
            throw SecretaryError(.system, "cannot start the mount: \(Errno(rawValue: result))")
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
        guard status != 0 else { return }
        let signal = status & 0x7f
        if signal != 0 { Report.error("the mount of \(mount.source) was killed by signal \(signal)") }
        throw ReportedFailure(
            status: signal == 0 ? (status >> 8) & 0xff : SecretaryError.Code.mount.rawValue)
    }
}

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
        let process: pid_t
        do {
            process = unsafe try ChildProgram(ChildProgram.own, words).start()
        } catch {
            throw SecretaryError(.system, "cannot start the mount: \(error)")
        }
        switch ExitStatus(waitingFor: process) {
        case .exited(0): return
        case .exited(let status): throw ReportedFailure(status: status)
        case .killed(let signal):
            Report.error("the mount of \(mount.source) was killed by signal \(signal)")
            throw ReportedFailure(status: SecretaryError.Code.mount.rawValue)
        }
    }
}

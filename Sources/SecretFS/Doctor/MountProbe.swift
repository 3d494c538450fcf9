internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Asks a mount whether its server is there, without being drawn into its trouble.
///
/// A thread that waits for a FUSE server cannot always be interrupted, and would keep its process from ending. So
/// another process asks: this program once more.
public enum MountProbe {
    public enum Answer: String, Sendable {
        case alive
        /// There is no server any more.
        case dead
        /// Another user's, who admits nobody.
        case foreign
        /// Nothing came in time.
        case silent
    }

    /// Long for a server that lives.
    private static let patience: Int32 = 2000

    /// Asks in this process; may take for ever.
    public static func askHere(_ mountpoint: String) -> Answer {
        // Not `stat`: the kernel goes on answering that for a dead server, from what it remembers.
        if unsafe getxattr(mountpoint, "user.secretary.alive", nil, 0) >= 0 { return .alive }
        switch Errno(rawValue: errno) {
        case .socketNotConnected, .connectionAbort: return .dead
        case .permissionDenied, .notPermitted: return .foreign
        default: return .alive
        }
    }

    /// Asks in another process, for a limited time.
    static func ask(_ mountpoint: String) -> Answer {
        guard let (output, input) = try? FileDescriptor.pipe() else { return .silent }
        defer { try? output.close() }
        var program = ChildProgram(ChildProgram.own, ["secretaryctl", "doctor", "--probe", mountpoint])
        program.descriptors = [(input, STDOUT_FILENO)]
        let process = unsafe try? program.start()
        try? input.close()
        guard let process else { return .silent }
        var polled = pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0)
        let isAnswered = unsafe poll(&polled, 1, patience) == 1
        let answer = isAnswered ? (try? output.readToEnd()).map { String(decoding: $0, as: UTF8.self) } : nil
        kill(process, SIGKILL)
        // If it hangs, it ends with its mount; nobody waits for it here.
        _ = waitpid(process, nil, WNOHANG)
        return answer.flatMap(Answer.init) ?? .silent
    }
}

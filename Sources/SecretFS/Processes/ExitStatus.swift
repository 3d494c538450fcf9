internal import Glibc

/// How a child process has ended (`waitpid(2)`).
public enum ExitStatus: Equatable, Sendable {
    case exited(status: Int32)
    case killed(signal: Int32)

    /// Waits for the end of a child process.
    public init(waitingFor process: Int32) {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
        self.init(raw: status)
    }

    /// - Parameter raw: of a process that has ended, as `waitpid` gives it.
    init(raw: Int32) {
        let signal = raw & 0x7f
        self = signal == 0 ? .exited(status: raw >> 8 & 0xff) : .killed(signal: signal)
    }

    /// As a shell would have it.
    public var code: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    /// What comes after the name of the process.
    var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "was killed by signal \(signal)"
        }
    }
}

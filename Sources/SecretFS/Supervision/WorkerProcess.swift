internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// A process that serves, or is to serve, the mount.
final class WorkerProcess: Sendable {
    enum Phase {
        case starting
        case prepared
        case serving
        /// Told to end.
        case ending
    }

    let number: UInt64
    let pid: pid_t
    let control: ControlSocket
    /// Whether its main thread is known to be gone, though the process may still be there.
    let hasLostMainThread = Atomic(false)

    /// A process that runs already.
    init(number: UInt64, pid: pid_t, control: ControlSocket) {
        self.number = number
        self.pid = pid
        self.control = control
    }

    deinit {
        try? control.descriptor.close()
    }

    /// Starts one.
    /// - Throws: `.system` when the program cannot be started.
    convenience init(number: UInt64, program: String, _ command: WorkerCommand) throws(SecretaryError) {
        let (ours, its) = try ControlSocket.pair()
        defer { try? its.descriptor.close() }
        do {
            let control = ControlSocket(descriptor: try ours.descriptor.duplicateAboveStandard())
            try? ours.descriptor.close()
            self.init(number: number, pid: try Self.spawn(program, command, control: its.descriptor), control: control)
        } catch {
            throw SecretaryError(.system, "cannot start \(program): \(error)")
        }
    }

    private static func spawn(
        _ program: String, _ command: WorkerCommand, control: FileDescriptor
    ) throws(Errno) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, control.rawValue, WorkerCommand.controlDescriptor)
        unsafe clinux_spawn_close_from(&actions, WorkerCommand.controlDescriptor + 1)
        unsafe clinux_spawn_change_directory(&actions, command.directory)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // In a group of its own: what a terminal sends is for the supervisor.
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var arguments = unsafe command.workerLine.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawn(&pid, program, &actions, &attributes, &arguments, environ)
        guard result == 0 else { throw Errno(rawValue: result) }
        return pid
    }

    // MARK: Its end

    /// What happened to the process.
    enum Change: Equatable {
        case exited(status: Int32)
        case killed(signal: Int32)
        case stopped
        case continued

        /// Whether the process is gone.
        var isEnd: Bool { self != .stopped && self != .continued }

        /// As a shell would have it.
        var status: Int32 {
            switch self {
            case .exited(let status): status
            case .killed(let signal): 128 + signal
            case .stopped, .continued: 0
            }
        }

        var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .killed(let signal): "was killed by signal \(signal)"
            case .stopped: "is stopped"
            case .continued: "goes on"
            }
        }
    }

    /// The next change that was not told yet (`waitpid(2)`).
    func nextChange() -> Change? {
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == pid else { return nil }
        if status == 0xffff { return .continued }
        if status & 0xff == 0x7f { return .stopped }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: signal)
    }

    func kill(_ signal: Int32) {
        Glibc.kill(pid, signal)
    }
}

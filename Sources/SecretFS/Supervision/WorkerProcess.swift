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
        var worker = ChildProgram(program, command.workerLine)
        worker.descriptors = [(control, WorkerCommand.controlDescriptor)]
        worker.isolatesDescriptors = true
        // What a terminal sends is for the supervisor.
        worker.group = .new
        return unsafe try worker.start()
    }

    // MARK: Its end

    /// What happened to the process.
    enum Change: Equatable {
        case ended(ExitStatus)
        case stopped
        case continued

        /// `nil` while the process is there.
        var end: ExitStatus? { if case .ended(let status) = self { status } else { nil } }
    }

    /// The next change that was not told yet (`waitpid(2)`).
    func nextChange() -> Change? {
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == pid else { return nil }
        if status == 0xffff { return .continued }
        if status & 0xff == 0x7f { return .stopped }
        return .ended(ExitStatus(raw: status))
    }

    func kill(_ signal: Int32) {
        Glibc.kill(pid, signal)
    }
}

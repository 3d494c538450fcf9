internal import CLinux
internal import Glibc
internal import Synchronization
public import SecretaryCore
public import SystemPackage

/// Keeps a mount alive: owns the connection with the kernel, has a worker serve it, and starts another when that one ends.
///
/// Never holds a key or a plaintext, and never reads the source: whatever can go wrong there ends a worker, and not the
/// mount.
public final class Supervisor {
    /// How the mount ended.
    public enum Outcome: Equatable {
        /// It was unmounted, or told to end.
        case ended
        /// It never began: the first worker failed, and has said why.
        case failed(status: Int32)
    }

    let settings: MountSettings
    let command: WorkerCommand
    let keys: FileDescriptor?
    let mountpoint: Mountpoint
    let memory: MountMemory
    let manager = ServiceManager()
    let signals: SupervisorSignals
    let companion: Companion?
    let waker = Waker()
    /// Stopped when the mount has ended while no worker was there to notice it.
    let unmounted = Waker()

    var connection: FileDescriptor?
    var current: Charge?
    /// A worker of the new program, in an upgrade.
    var successor: Charge?
    /// Workers whose main thread is gone, and that are not yet gone themselves.
    var remains: [WorkerProcess] = []
    var standIn: StandIn?
    var policy = CrashPolicy()
    var nextStart: ContinuousClock.Instant?
    var isEnding = false
    var isOver = false
    /// `nil` once it was called.
    var ready: (() -> Void)?
    var outcome = Outcome.ended

    /// Prepares a mount: checks what it needs and claims the mountpoint.
    /// - Parameters:
    ///   - keys: a descriptor that workers get, with private keys that came in environment variables; with `handover` they get
    ///     its keys.
    ///   - handover: what another supervisor has left; `nil` for a new mount.
    ///   - ready: called once, when the mount answers.
    /// - Throws: `.mount`, naming the cause and the fix.
    public init(
        _ settings: MountSettings, command: WorkerCommand, keys: FileDescriptor?,
        resuming handover: SupervisorHandover?,
        ready: @escaping () -> Void
    ) throws(SecretaryError) {
        self.settings = settings
        self.command = command
        self.ready = ready
        signals = try SupervisorSignals()
        companion = try settings.companion.map { (pid) throws(SecretaryError) in try Companion(pid: pid) }
        if let handover {
            self.keys = handover.keys
            try? keys?.close()
            memory = try MountMemory(descriptors: handover.memory)
            mountpoint = Mountpoint(path: memory.notice.mountpoint, claim: handover.claim)
            connection = handover.connection
            if let worker = handover.worker {
                let control = ControlSocket(descriptor: worker.control)
                let process = WorkerProcess(number: worker.number, pid: worker.pid, control: control)
                current = Charge(process: process, phase: .serving)
            }
        } else {
            try MountRequirements.check(allowOther: settings.allowOther)
            self.keys = keys
            mountpoint = try Mountpoint(claiming: settings.mountpoint)
            memory = try MountMemory.make()
        }
        memory.updateNotice { [mountpoint = mountpoint.path] notice in
            notice.supervisor = Int(getpid())
            notice.mountpoint = mountpoint
        }
    }

    /// Mounts, and keeps the mount alive until somebody unmounts or a signal says to end (`SIGTERM`, `SIGINT`, `SIGHUP`).
    ///
    /// `SIGUSR2` starts an upgrade: a worker of the program as it is on disk by then takes over, and the supervisor
    /// becomes that program, too.
    /// - Throws: `.mount`; nothing is left behind then.
    public func run() throws(SecretaryError) -> Outcome {
        defer { finish() }
        if let current {
            watchLife(of: current.process)
            reapInherited()
        } else {
            if connection != nil { memory.waitForFormerWorkers(atMost: Charge.patience) }
            try startWorker()
        }
        while !isOver {
            waker.wait(until: nextDeadline, orReadable: readable)
            for signal in signals.pending() { handle(signal) }
            if !isEnding, unmounted.isStopped || companion?.hasEnded ?? false { end() }
            try handleMessages()
            try handleEnds()
            try handleDeadlines()
        }
        return outcome
    }

    private var readable: [Int32] {
        [signals.descriptor] + [current, successor].compactMap { $0?.process.control.descriptor.rawValue }
            + (isEnding ? [] : [companion?.descriptor].compactMap(\.self))
    }

    // MARK: Signals

    private func handle(_ signal: Int32) {
        switch signal {
        case SIGCHLD: break
        case SIGUSR2: startUpgrade()
        default: end()
        }
    }

    /// Ends the mount: the worker finishes what is under way, zeroes everything, and is gone.
    private func end() {
        isEnding = true
        manager?.notify("STOPPING=1")
        successor?.process.kill(SIGKILL)
        guard let current else {
            isOver = true
            return
        }
        if current.phase == .serving { self.current?.dismiss() } else { current.process.kill(SIGKILL) }
    }

    // MARK: Time

    private var nextDeadline: ContinuousClock.Instant? {
        [nextStart, current?.limit, successor?.limit].compactMap(\.self).min()
    }

    private func handleDeadlines() throws(SecretaryError) {
        let now = ContinuousClock.now
        if let nextStart, nextStart <= now, current == nil, !isEnding { try startWorker() }
        if let limit = current?.limit, limit <= now { dropCurrent() }
        if let limit = successor?.limit, limit <= now { dropSuccessor() }
    }
}

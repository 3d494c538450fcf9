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

    /// A worker and where it stands.
    private struct Charge {
        let process: WorkerProcess
        var phase = WorkerProcess.Phase.starting
        /// Since when it is stopped (`SIGSTOP`).
        var stopped: ContinuousClock.Instant?
        /// When it is killed unless it has ended.
        var deadline: ContinuousClock.Instant?
        /// Why it says that it cannot go on.
        var complaint: String?

        func nextMessage() -> ControlSocket.Message? {
            guard case .message(let message) = process.control.receive(waiting: false) else { return nil }
            return message
        }
    }

    private let settings: MountSettings
    private let command: WorkerCommand
    private let keys: FileDescriptor?
    private let mountpoint: Mountpoint
    private let memory: MountMemory
    private let manager = ServiceManager()
    private let signals: SupervisorSignals
    private let companion: Companion?
    private let waker = Waker()
    /// Stopped when the mount has ended while no worker was there to notice it.
    private let unmounted = Waker()

    private var connection: FileDescriptor?
    private var current: Charge?
    /// A worker of the new program, in an upgrade.
    private var successor: Charge?
    /// Workers whose main thread is gone, and that are not yet gone themselves.
    private var remains: [WorkerProcess] = []
    private var standIn: StandIn?
    private var policy = CrashPolicy()
    private var nextStart: ContinuousClock.Instant?
    private var isEnding = false
    private var isOver = false
    /// `nil` once it was called.
    private var ready: (() -> Void)?
    private var outcome = Outcome.ended

    /// How long a worker may be stopped, or take to end, before it is killed.
    private static let patience: Duration = .seconds(5)
    /// How long the rest of a worker usually takes to be gone.
    private static let briefness: Duration = .milliseconds(100)
    /// How long the worker of another program may take until it could serve.
    private static let upgradePatience: Duration = .seconds(30)

    /// Prepares a mount: checks what it needs and claims the mountpoint.
    /// - Parameters:
    ///   - keys: a descriptor that workers get, with private keys that came in environment variables.
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
        } else {
            if connection != nil { memory.waitForFormerWorkers(atMost: Self.patience) }
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
        if current.phase == .serving { dismiss(current) } else { current.process.kill(SIGKILL) }
    }

    private func dismiss(_ charge: Charge) {
        charge.process.control.send(.end)
        current?.phase = .ending
        current?.deadline = .now + Self.patience
    }

    // MARK: Workers

    /// - Parameter program: the file to run: the supervisor's own, unless it is to be another.
    private func makeWorker(program: String = WorkerCommand.ownProgram) throws(SecretaryError) -> WorkerProcess {
        let number = memory.notice.workers
        memory.updateNotice { $0.workers += 1 }
        memory.life(of: number).reset()
        let process = try WorkerProcess(number: number, program: program, command)
        // With a service manager's store a new supervisor starts its own worker; without, the mount has nobody else.
        let text = "\(number) \(manager == nil ? "stay" : "follow")"
        process.control.send(
            .prepare, text, memory.descriptors + [mountpoint.claim] + (keys.map { [$0] } ?? []))
        return process
    }

    private func startWorker() throws(SecretaryError) {
        nextStart = nil
        do throws(SecretaryError) {
            current = Charge(process: try makeWorker())
        } catch {
            guard connection != nil else { throw error }
            restart(because: error.message, wasKilled: false, served: false)
        }
    }

    private func watchLife(of process: WorkerProcess) {
        let life = memory.life(of: process.number)
        // Without it the end is noticed all the same, if not in every case at once.
        _ = try? BackgroundThread { [waker] in
            life.waitForEnd()
            process.hasLostMainThread.store(true, ordering: .releasing)
            waker.wake()
        }
    }

    // MARK: Messages

    private func handleMessages() throws(SecretaryError) {
        while let charge = current, let message = charge.nextMessage() {
            switch message.kind {
            case .prepared:
                current?.phase = .prepared
                watchLife(of: charge.process)
                try giveConnection()
            case .serving:
                current?.phase = .serving
                policy.workerServes()
                announce()
            case .failed: current?.complaint = message.text
            case .unmounted:
                isEnding = true
                current?.phase = .ending
                current?.deadline = .now + Self.patience
            case .prepare, .serve, .end: break
            }
        }
        while let charge = successor, let message = charge.nextMessage() {
            switch message.kind {
            case .prepared:
                successor?.phase = .prepared
                successor?.deadline = nil
                watchLife(of: charge.process)
                if let current, current.phase == .serving { dismiss(current) }
            case .failed: successor?.complaint = message.text
            case .serving, .unmounted, .prepare, .serve, .end: break
            }
        }
    }

    /// Lets the current worker serve, after mounting if there is no mount yet.
    private func giveConnection() throws(SecretaryError) {
        standIn?.stop()
        standIn = nil
        if connection == nil {
            let mount = try KernelMount(at: mountpoint.path, options: settings.kernelOptions)
            memory.greeting = mount.greeting
            connection = mount.connection
        }
        if let connection { current?.process.control.send(.serve, "", [connection]) }
    }

    private func announce() {
        guard let ready else { return }
        self.ready = nil
        if let manager {
            for (name, descriptor) in handover?.stored ?? [] { manager.store(descriptor, as: name) }
            manager.notify("READY=1", "STATUS=Mounted at \(mountpoint.path)")
        }
        ready()
    }

    // MARK: Ends

    private func handleEnds() throws(SecretaryError) {
        try handleEndOfCurrent()
        handleEndOfSuccessor()
        remains.removeAll { process in
            guard let change = process.nextChange(), change.isEnd else { return false }
            // What its last threads had taken meanwhile.
            if let connection { KernelSession.requestResending(on: connection) }
            return true
        }
    }

    private func handleEndOfCurrent() throws(SecretaryError) {
        guard let charge = current else { return }
        while let change = charge.process.nextChange() {
            switch change {
            case .stopped: current?.stopped = .now
            case .continued: current?.stopped = nil
            case .exited, .killed: return try workerEnded(charge, change)
            }
        }
        if charge.process.hasLostMainThread.load(ordering: .acquiring) {
            // It may be a moment before the system says so.
            if let change = charge.process.nextChange(), change.isEnd { return try workerEnded(charge, change) }
            remains.append(charge.process)
            try workerEnded(charge, .killed(signal: SIGKILL))
        }
    }

    private func workerEnded(_ charge: Charge, _ change: WorkerProcess.Change) throws(SecretaryError) {
        // What it said last may not have been read yet.
        try handleMessages()
        let complaint = current?.complaint
        let phase = current?.phase ?? charge.phase
        current = nil
        if isEnding {
            isOver = true
        } else if connection == nil {
            outcome = .failed(status: change.status)
            isOver = true
        } else if let successor, successor.phase == .prepared {
            self.successor = nil
            current = successor
            try giveConnection()
            if phase == .ending { finishUpgrade() }
        } else {
            restart(
                because: complaint ?? "the worker \(change.description)", wasKilled: change == .killed(signal: SIGKILL),
                served: phase == .serving || phase == .ending)
        }
    }

    private func restart(because reason: String, wasKilled: Bool, served: Bool) {
        memory.updateNotice { notice in
            notice.restarts += 1
            notice.lastEnd = reason
        }
        switch policy.workerEnded(wasKilled: wasKilled, served: served) {
        case .start(let delay):
            nextStart = .now + delay
        case .standIn(let delay):
            nextStart = .now + delay
            guard standIn == nil else { return }
            answerAlone(because: reason)
            manager?.notify("STATUS=Answering with errors: \(reason)")
        }
    }

    private func answerAlone(because reason: String) {
        guard let connection else { return }
        // If not even that can be done, readers wait for the next worker.
        standIn = try? StandIn(
            for: memory, on: connection, settings: settings, source: settings.source, because: reason
        ) { [unmounted, waker] in
            unmounted.stop()
            waker.wake()
        }
    }

    // MARK: Upgrade

    private func startUpgrade() {
        guard successor == nil, !isEnding, let current, current.phase == .serving else { return }
        do throws(SecretaryError) {
            successor = Charge(
                process: try makeWorker(program: command.program), deadline: .now + Self.upgradePatience)
        } catch {
            noteUpgrade(error: error.message)
        }
    }

    private func handleEndOfSuccessor() {
        guard let charge = successor, let change = charge.process.nextChange(), change.isEnd else { return }
        successor = nil
        noteUpgrade(error: charge.complaint ?? "the new worker \(change.description)")
    }

    private func noteUpgrade(error: String) {
        memory.updateNotice { notice in
            notice.upgrades += 1
            notice.upgradeError = error
        }
    }

    /// The new worker serves: now the supervisor becomes the new program, too, with the same process id.
    private func finishUpgrade() {
        noteUpgrade(error: "")
        guard let handover else { return }
        handover.setCloseOnExec(false)
        // Signals stay blocked, and wait for the new program.
        var arguments = unsafe command.supervisorLine(resuming: handover).map { unsafe strdup($0) } + [nil]
        unsafe execve(command.program, &arguments, environ)
        // Then the old supervisor goes on with the new worker.
        let error = Errno(rawValue: errno)
        unsafe arguments.forEach { unsafe free($0) }
        handover.setCloseOnExec(true)
        noteUpgrade(error: "the worker is new, but its supervisor is still the old program: \(error)")
    }

    private var handover: SupervisorHandover? {
        guard let connection else { return nil }
        let worker = current.map { charge in
            SupervisorHandover.Worker(
                number: charge.process.number, pid: charge.process.pid, control: charge.process.control.descriptor)
        }
        return SupervisorHandover(
            memory: memory.descriptors, connection: connection, claim: mountpoint.claim, keys: keys, worker: worker)
    }

    // MARK: Time

    private var nextDeadline: ContinuousClock.Instant? {
        [
            nextStart, current?.deadline, current?.stopped.map { $0 + Self.patience }, successor?.deadline,
        ].compactMap(\.self).min()
    }

    private func handleDeadlines() throws(SecretaryError) {
        let now = ContinuousClock.now
        if let nextStart, nextStart <= now, current == nil, !isEnding { try startWorker() }
        if let charge = current {
            let stopped = charge.stopped.map { $0 + Self.patience }
            if [charge.deadline, stopped].compactMap(\.self).contains(where: { $0 <= now }) {
                charge.process.kill(SIGKILL)
                current?.deadline = nil
                current?.stopped = nil
            }
        }
        if let deadline = successor?.deadline, deadline <= now {
            successor?.complaint = "the new worker was not ready within \(Self.upgradePatience)"
            successor?.deadline = nil
            successor?.process.kill(SIGKILL)
        }
    }

    /// Takes the mount away.
    private func finish() {
        for process in [current?.process, successor?.process].compactMap(\.self) {
            process.kill(SIGKILL)
            remains.append(process)
        }
        guard let connection else { return }
        // Whoever unmounted was faster, if it fails.
        try? Unmounting.detach(mountpoint.path, lazily: true)
        outliveWorkers()
        standIn?.stop()
        try? connection.close()
    }

    /// Waits until no worker is left that could use the connection.
    ///
    /// A thread that was telling the kernel something when its process ended may wait for a look-up that nobody answers, and
    /// keeps the connection from being closed, by which that look-up would fail: unless somebody answers, both wait forever.
    private func outliveWorkers() {
        let now = ContinuousClock.now
        for (end, isLast) in [(now + Self.briefness, false), (now + Self.patience, true)] {
            while true {
                remains.removeAll { $0.nextChange()?.isEnd ?? false }
                if remains.isEmpty { return }
                guard ContinuousClock.now < end else { break }
                waker.wait(until: end, orReadable: [signals.descriptor])
                _ = signals.pending()
            }
            if !isLast, standIn == nil { answerAlone(because: "the mount ends") }
        }
    }
}

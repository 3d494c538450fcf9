internal import Glibc
internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// From a worker's start until it serves.
extension Supervisor {
    /// - Parameter succeeds: whether it is to take the place of another, with the program on disk: an upgrade.
    func makeWorker(succeeds: Bool = false) throws(SecretaryError) -> WorkerProcess {
        let program = succeeds ? command.program : WorkerCommand.ownProgram
        let number = memory.notice.workers
        memory.updateNotice { $0.workers += 1 }
        memory.life(of: number).reset()
        let process = try WorkerProcess(number: number, program: program, command)
        // With a service manager's store a new supervisor starts its own worker; without, the mount has nobody else.
        let text = "\(number) \(manager == nil ? "stay" : "follow") \(succeeds ? "succeed" : "begin")"
        process.control.send(
            .prepare, text, memory.descriptors + [mountpoint.claim] + (keys.map { [$0] } ?? []))
        return process
    }

    /// How long readers wait for a worker to begin, which takes a fraction of a second unless something hangs.
    static let startPatience: Duration = .seconds(10)

    func startWorker() throws(SecretaryError) {
        nextStart = nil
        do throws(SecretaryError) {
            // Before there is a mount nobody waits but who makes it.
            let deadline = connection == nil ? nil : ContinuousClock.now + Self.startPatience
            current = Charge(process: try makeWorker(), deadline: deadline)
        } catch {
            guard connection != nil else { throw error }
            restart(because: error.message, wasKilled: false, served: false)
        }
    }

    func watchLife(of process: WorkerProcess) {
        let life = memory.life(of: process.number)
        // Without it the end is noticed all the same, if not in every case at once.
        _ = try? BackgroundThread { [waker] in
            life.waitForEnd()
            process.hasLostMainThread.store(true, ordering: .releasing)
            waker.wake()
        }
    }

    /// Hears what workers say.
    func handleMessages() throws(SecretaryError) {
        while let charge = current, let message = charge.nextMessage() {
            switch message.kind {
            case .prepared:
                current?.phase = .prepared
                current?.deadline = nil
                watchLife(of: charge.process)
                try giveConnection()
            case .serving:
                current?.phase = .serving
                policy.workerServes()
                announce("Mounted at \(mountpoint.path)")
            case .failed:
                current?.complaint = message.text
                if connection == nil { current?.isEnding() }
            case .unmounted:
                isEnding = true
                current?.isEnding()
            case .prepare, .serve, .end: break
            }
        }
        while let charge = successor, let message = charge.nextMessage() {
            switch message.kind {
            case .prepared:
                successor?.phase = .prepared
                successor?.deadline = nil
                watchLife(of: charge.process)
            case .failed: successor?.complaint = message.text
            case .serving, .unmounted, .prepare, .serve, .end: break
            }
        }
        guard successor?.phase == .prepared, !isEnding else { return }
        if current == nil { return try promoteSuccessor() }
        // It has had its time, and this one need not wait for it.
        if current?.phase == .starting, standIn != nil { current?.kill() }
        if current?.phase == .serving { current?.dismiss() }
    }

    /// Lets the current worker serve, after mounting if there is no mount yet.
    func giveConnection() throws(SecretaryError) {
        standIn?.stop()
        standIn = nil
        if connection == nil {
            let mount = try KernelMount(at: mountpoint.path, options: settings.kernelOptions)
            memory.greeting = mount.greeting
            connection = mount.connection
            let device = (try? MountTable())?.device(at: mountpoint.path)
            memory.updateNotice { $0.device = device ?? "" }
        }
        if let connection { current?.process.control.send(.serve, "", [connection]) }
    }

    /// Tells the service manager how things stand, and whoever waits for it that the mount answers.
    func announce(_ status: String) {
        manager?.notify("STATUS=\(status)")
        guard let ready else { return }
        self.ready = nil
        if let manager {
            for (name, descriptor) in handover?.stored ?? [] { manager.store(descriptor, as: name) }
            manager.notify("READY=1")
        }
        ready()
    }
}

internal import Glibc
public import SecretaryCore
internal import Synchronization
public import SystemPackage

/// The process that reads the source, holds the keys and serves the mount, as its supervisor tells it.
///
/// It may be killed at any moment: what its successor needs is in the memory of the mount.
public final class Worker {
    /// Private keys that came in environment variables of the supervisor's.
    public let keys: FileDescriptor?

    /// Whether the mount has had no worker before.
    public var isFirst: Bool { number == 0 }

    private let control: ControlSocket
    private let number: UInt64
    /// Whether to go on serving when the supervisor is gone.
    private let staysAlone: Bool
    private let memory: MountMemory
    /// The mountpoint is claimed for as long as the supervisor or a worker lives.
    private let claim: FileDescriptor

    /// How long to wait at the end for a thread that reads the source.
    private static let followerPatience: Duration = .seconds(1)

    /// Takes what the supervisor has for its workers.
    /// - Throws: `.system` when there is no supervisor.
    public init() throws(SecretaryError) {
        control = ControlSocket(descriptor: FileDescriptor(rawValue: WorkerCommand.controlDescriptor))
        let count = MountMemory.descriptorCount
        guard let message = control.receive(.prepare), message.descriptors.count > count else {
            throw SecretaryError(.system, "this option is for secretaryctl itself: there is no supervisor")
        }
        let words = message.text.split(separator: " ")
        number = words.first.flatMap { UInt64($0) } ?? 0
        staysAlone = words.last == "stay"
        memory = try MountMemory(descriptors: Array(message.descriptors[..<count]))
        claim = message.descriptors[count]
        keys = message.descriptors.dropFirst(count + 1).first
    }

    deinit {
        try? claim.close()
        try? keys?.close()
    }

    /// Tells the supervisor why this worker cannot go on.
    public func complain(_ error: SecretaryError) {
        control.send(.failed, error.message)
    }

    /// Serves `source` until the supervisor says to end, or the mount is gone.
    ///
    /// Zeroes every plaintext before it returns.
    /// - Parameter serving: called when requests are answered.
    /// - Throws: `.mount`, and what `source` throws when the kernel knows of no tree before.
    public func serve(
        _ source: some MountSource, _ settings: MountSettings, serving: () -> Void
    ) throws(SecretaryError) {
        let former = memory.knownTrees
        var reloader = try Reloader(
            source: source, builder: TreeBuilder(owner: settings.owner, group: settings.group), policy: settings.cache)
        let first = try firstTree(&reloader, of: source, after: former.last)

        let channel = KernelChannel()
        let reaping = Waker()
        let held = HeldSecrets(
            cache: channel, policy: settings.cache, isFirst: former.isEmpty, linger: settings.linger,
            lingerBegan: { reaping.wake() })
        defer { held.zeroAll() }
        // From here on files are read and requests answered, and nothing else is possible.
        let confinement = try ProcessHygiene.confineWorker(settings.workerNeeds)
        // The worker before may still be writing: only the first can open the log before it is told to serve.
        let trail = AuditTrail(settings, backlog: memory.auditBacklog)
        if isFirst { try trail?.begin(generation: first.tree.generation) }
        let reports = ReportWriter(
            source: source.description, policy: settings.cache, version: settings.version, loading: first.loading,
            confinement: confinement, audit: trail, notice: { [memory] in memory.notice })
        let filesystem = Filesystem(
            tree: first.tree, held: held, policy: settings.cache, reports: reports, shelf: memory.shelf,
            workerNumber: number,
            deadline: settings.deadline, trail: trail)

        let life = memory.life(of: number)
        life.begin()
        defer { life.end() }
        guard control.send(.prepared), let connection = control.receive(.serve)?.descriptors.first else { return }
        if !isFirst { try trail?.resume(generation: first.tree.generation) }
        defer { trail?.end() }
        let session = try KernelSession(
            serving: filesystem, on: connection, greeting: memory.greeting, journal: memory.journal,
            channel: channel)
        if former.isEmpty { try memory.note([first.tree]) }

        let (ending, following, followed) = (Waker(), Waker(), Waker())
        let broken = Mutex<SecretaryError?>(nil)
        let threads = ServingThreads(session, journal: memory.journal, atMost: settings.servingThreads) { result in
            if case .failure(let error) = result { broken.withLock { $0 = error } }
            ending.stop()
        }
        try threads.start(owed: former.isEmpty ? [] : session.takeOver(memory.journal))
        defer {
            threads.stop()
            // The successor does what this worker leaves undone.
            filesystem.outside.abandon()
            // A thread that nobody waits for may still tell the kernel something: the session lasts as long as the process.
            _ = unsafe Unmanaged.passRetained(session)
        }
        serving()
        control.send(.serving)

        let reaper = try BackgroundThread {
            while !reaping.isStopped { reaping.wait(until: held.zeroExpired()) }
        }
        defer { reaper.join() }
        defer { reaping.stop() }

        let handOver = HandOver(reloader)
        let keeper = TreeKeeper(filesystem: filesystem, channel: channel, memory: memory)
        let follower = try BackgroundThread {
            defer { followed.stop() }
            guard var reloader = handOver.take() else { return }
            keeper.reconcile(with: former)
            reloader.follow(keeper, reports: reports, until: following)
        }
        defer {
            following.stop()
            // A source that does not answer does not keep the mount from ending: its thread ends with the process.
            if !followed.isStopped { followed.wait(until: .now + Self.followerPatience) }
            if followed.isStopped { follower.join() }
        }

        waitForOrder(toEnd: ending)
        if let error = broken.withLock({ $0 }) { throw error }
        if ending.isStopped { control.send(.unmounted) }
    }

    /// The tree to begin with.
    ///
    /// Where the source cannot be read, and the kernel knows a tree, its names remain, and their content is missing.
    private func firstTree(
        _ reloader: inout Reloader, of source: some MountSource, after former: Tree?
    ) throws(SecretaryError) -> (tree: Tree, loading: ReportWriter.Loading) {
        var loading = ReportWriter.Loading(loaded: WallClock.nanoseconds(), error: nil, warnings: [])
        do throws(SecretaryError) {
            if let reading = try reloader.load(after: former) {
                loading.warnings = reading.warnings
                return (reading.tree.continuing(former), loading)
            }
            throw SecretaryError(.io, "\(source.description) changes all the time", hint: "wait until it does not")
        } catch {
            guard let former else { throw error }
            reloader.retrySoon()
            loading.error = error.message
            return (former, loading)
        }
    }

    /// Returns when the supervisor says to end, or is gone, or `ending` is stopped.
    private func waitForOrder(toEnd ending: Waker) {
        var isAlone = false
        while !ending.isStopped {
            ending.wait(until: nil, orReadable: isAlone ? [] : [control.descriptor.rawValue])
            switch control.receive(waiting: false) {
            case .message(let message) where message.kind == .end: return
            case .closed where !staysAlone: return
            case .closed:
                isAlone = true
                memory.updateNotice { $0.supervisor = 0 }
            case .message, .nothing: break
            }
        }
    }
}

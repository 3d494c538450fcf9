internal import SecretaryCore
internal import SystemPackage

/// What a worker serves a mount with: prepared before it is told to serve, so that it then begins at once.
final class MountService {
    private let settings: MountSettings
    private let memory: MountMemory
    private let isFirst: Bool
    private let channel = KernelChannel()
    private let handles: OpenHandles
    private let shelf: ReportShelf
    private let held: HeldSecrets
    private let trail: AuditTrail?
    private let filesystem: Filesystem
    /// Woken when something has to be zeroed.
    private let reaping: Waker
    private var reaper: BackgroundThread?
    private var threads: ServingThreads?

    /// - Parameter number: of the worker.
    /// - Throws: what keeps the audit log from being opened.
    init(
        _ settings: MountSettings, number: UInt64, memory: MountMemory, _ beginning: Beginning,
        confinement: Confinement
    ) throws(SecretaryError) {
        self.settings = settings
        self.memory = memory
        isFirst = number == 0
        let reaping = Waker()
        self.reaping = reaping
        handles = memory.openHandles
        shelf = memory.shelf
        held = HeldSecrets(
            cache: channel, policy: settings.cache, handles: handles, linger: settings.linger,
            lingerBegan: { reaping.wake() })
        trail = AuditTrail(settings, backlog: memory.auditBacklog)
        // The worker before may still be writing: only the first can open the log before it is told to serve.
        if isFirst { try trail?.begin(generation: beginning.tree.generation) }
        let reports = ReportWriter(
            source: settings.source, policy: settings.cache, version: settings.version, loading: beginning.loading,
            confinement: confinement, audit: trail, notice: { memory.notice })
        if beginning.awaitsSource { reports.noteReading() }
        filesystem = Filesystem(
            tree: beginning.tree, awaitsSource: beginning.awaitsSource, held: held, handles: handles,
            policy: settings.cache, reports: reports, shelf: shelf, workerNumber: number,
            deadline: settings.deadline, trail: trail, inspector: ReaderInspector { memory.notice.device },
            engine: settings.engine)
    }

    /// Answers requests from now on.
    /// - Parameters:
    ///   - connection: with the kernel; belongs to this from now on.
    ///   - former: the trees of workers before this one of which the kernel may know something.
    ///   - ended: called on another thread when the mount is gone, or with why it cannot be served any more.
    /// - Returns: what shows another tree.
    /// - Throws: `.mount`, `.system`.
    func start(
        on connection: FileDescriptor, after former: [Tree],
        ended: @escaping @Sendable (Result<Void, SecretaryError>) -> Void
    ) throws(SecretaryError) -> TreeKeeper {
        if !isFirst { try trail?.resume(generation: filesystem.tree.generation) }
        let session = try KernelSession(
            serving: filesystem, on: connection, greeting: memory.greeting, journal: memory.journal, channel: channel)
        // Kept to the end: a thread that nobody waits for may tell the kernel something until then.
        _ = unsafe Unmanaged.passRetained(session)
        let keeper = TreeKeeper(filesystem, channel, memory, former: former)
        try keeper.begin()
        handles.takeOver()
        shelf.takeOver()
        let threads = ServingThreads(
            session, journal: memory.journal, atMost: settings.servingThreads, ended: ended)
        self.threads = threads
        filesystem.turn.connect { threads.callAnother() }
        try threads.start(owed: former.isEmpty ? [] : session.takeOver(memory.journal))
        reaper = try BackgroundThread { [reaping, held] in
            while !reaping.isStopped { reaping.wait(until: held.zeroExpired()) }
        }
        return keeper
    }

    /// Answers no more.
    func stop() {
        reaping.stop()
        reaper?.join()
        threads?.stop()
        // The successor does what this worker leaves undone.
        filesystem.outside.abandon()
        trail?.end()
    }

    /// Zeroes every plaintext.
    func zeroAll() {
        held.zeroAll()
    }
}

internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Answers in place of a worker that cannot be had: names and attributes as they were, an error for every content, and
/// `.secretary/status`, which says why.
///
/// Holds no key and no plaintext.
final class StandIn {
    private let filesystem: Filesystem
    private let session: KernelSession
    private let threads: ServingThreads

    /// Starts to answer.
    /// - Parameter unmounted: called on another thread when there is nobody left to answer.
    /// - Throws: `.mount`, `.system` when that cannot be done either.
    init(
        for memory: MountMemory, on connection: FileDescriptor, settings: MountSettings, source: String,
        because reason: String,
        unmounted: @escaping @Sendable () -> Void = {}
    ) throws(SecretaryError) {
        let channel = KernelChannel()
        let reports = ReportWriter(
            source: source, policy: settings.cache, version: settings.version,
            loading: ReportWriter.Loading(loaded: nil, error: reason, warnings: []),
            isStandIn: true, notice: { memory.notice })
        let held = HeldSecrets(cache: channel, policy: settings.cache, linger: .zero, lingerBegan: {})
        let builder = TreeBuilder(owner: settings.owner, group: settings.group)
        let tree =
            if let known = memory.knownTrees.last { known } else {
                try builder.build([], after: nil, now: WallClock.nanoseconds())
            }
        filesystem = Filesystem(
            tree: tree, held: held, handles: memory.openHandles, policy: settings.cache, reports: reports,
            shelf: memory.shelf)
        let copy: FileDescriptor
        do {
            copy = try connection.duplicateAboveStandard()
        } catch {
            throw SecretaryError(.system, "no more descriptors: \(error)")
        }
        session = try KernelSession(
            serving: filesystem, on: copy, greeting: memory.greeting, journal: memory.journal, channel: channel)
        threads = ServingThreads(
            session, journal: memory.journal, atMost: settings.servingThreads, ended: { _ in unmounted() })
        try threads.start(owed: session.takeOver(memory.journal))
    }

    /// Serves no more; what was asked for by then is answered.
    func stop() {
        threads.stop()
    }
}

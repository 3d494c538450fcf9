public import SecretaryCore
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
    /// Whether it takes the place of one that still serves.
    private let succeeds: Bool
    private let memory: MountMemory
    /// The mountpoint is claimed for as long as the supervisor or a worker lives.
    private let claim: FileDescriptor

    private let ending = Ending()

    /// How long an upgrade waits for the source: less than the supervisor waits for a worker, which is told why then.
    private static let upgradePatience: Duration = .seconds(25)

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
        staysAlone = words.contains("stay")
        succeeds = words.contains("succeed")
        memory = try MountMemory(descriptors: Array(message.descriptors[..<count]))
        claim = message.descriptors[count]
        keys = message.descriptors.dropFirst(count + 1).first
        memory.life(of: number).begin()
    }

    deinit {
        memory.life(of: number).end()
        try? claim.close()
        try? keys?.close()
    }

    /// Tells the supervisor why this worker cannot go on.
    public func complain(_ error: SecretaryError) {
        control.send(.failed, error.message)
    }

    /// Gets the keys and the source; called on another thread, as both may be where nothing answers.
    public typealias SourceMaker = @Sendable () throws(SecretaryError) -> any MountSource

    /// What whoever started the mount may want to know.
    public enum Event {
        /// The source has not been read after a while, and there is nothing to show without it.
        case waiting
        /// Requests are answered.
        case serving
    }

    /// Serves a source until the supervisor says to end, or the mount is gone.
    ///
    /// Zeroes every plaintext before it returns.
    /// - Throws: `.mount`; what `source` throws; what reading it throws when there is nothing to show without it.
    public func serve(
        _ settings: MountSettings, source: @escaping SourceMaker, told: (Event) -> Void
    ) throws(SecretaryError) {
        let former = memory.knownTrees
        // From here on files are read and requests answered, and nothing else is possible.
        let confinement = try ProcessHygiene.confineWorker(settings.workerNeeds)
        let follower = SourceFollower()
        try follower.start(
            source, builder: TreeBuilder(owner: settings.owner, group: settings.group), policy: settings.cache,
            after: former.last, failed: { [ending] in ending.end(.failure($0)) })
        let beginning = try follower.beginning(need(after: former.last, settings), of: settings.source) {
            told(.waiting)
        }
        let service = try MountService(
            settings, number: number, memory: memory, beginning, confinement: confinement)
        defer { service.zeroAll() }
        guard control.send(.prepared), let connection = control.receive(.serve)?.descriptors.first else { return }
        defer { service.stop() }
        // What the worker before has shown to its last moment.
        let last = succeeds ? memory.knownTrees : former
        let keeper = try service.start(on: connection, after: last) { [ending] in ending.end($0) }
        told(.serving)
        control.send(.serving)
        follower.follow(with: keeper)
        defer { follower.stop() }

        waitForOrder()
        guard let result = ending.result else { return }
        try result.get()
        control.send(.unmounted)
    }

    /// How much of the source this worker needs before it begins.
    private func need(after former: Tree?, _ settings: MountSettings) -> SourceFollower.Need {
        // The worker before shows more than names: it goes on unless this one can do as well.
        if succeeds { return .whole(patience: min(settings.sourcePatience, Self.upgradePatience)) }
        return former.map { .soon(former: $0) } ?? .whole(patience: settings.sourcePatience)
    }

    /// Returns when the supervisor says to end, or is gone, or serving has ended by itself.
    private func waitForOrder() {
        var isAlone = false
        while !ending.waker.isStopped {
            ending.waker.wait(until: nil, orReadable: isAlone ? [] : [control.descriptor.rawValue])
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

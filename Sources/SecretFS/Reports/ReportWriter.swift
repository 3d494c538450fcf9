internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// Writes the files of `.secretary` from what the mount knows of itself.
final class ReportWriter: Sendable {
    /// How the last attempt to read the source went.
    struct Loading: Sendable {
        /// When the present tree was read, in nanoseconds since 1970; `nil` when this process has not read it.
        var loaded: Int64?
        /// Why the source as it is now cannot be shown; the tree before is shown instead.
        var error: String?
        var warnings: [String]
        /// Of a mount of volumes.
        var volumes: [VolumeStatus] = []
    }

    let failures = FailureLog()
    /// What is mounted.
    let source: String
    private let policy: CachePolicy
    private let version: String
    private let audit: AuditTrail?
    private let loading: Mutex<Loading>
    private let confinement: Confinement?
    /// Since when the source is being read, by the clock that nobody sets and by the one that people read.
    private let reading = Mutex<(began: ContinuousClock.Instant, time: Int64)?>(nil)
    private let notice: @Sendable () -> SupervisorNotice
    private let isStandIn: Bool

    /// - Parameters:
    ///   - confinement: what has been taken from this process.
    ///   - notice: what the supervisor says about itself at the moment.
    ///   - isStandIn: whether this is not a worker, but what answers when there can be none.
    init(
        source: String, policy: CachePolicy, version: String, loading: Loading, confinement: Confinement? = nil,
        isStandIn: Bool = false, audit: AuditTrail? = nil,
        notice: @escaping @Sendable () -> SupervisorNotice = { SupervisorNotice() }
    ) {
        self.source = source
        self.policy = policy
        self.version = version
        self.audit = audit
        self.loading = Mutex(loading)
        self.confinement = confinement
        self.isStandIn = isStandIn
        self.notice = notice
    }

    /// A source that takes longer than this to read does not answer.
    private static let readingPatience: Duration = .seconds(2)

    /// The source is about to be read.
    func noteReading() {
        reading.withLock { $0 = (.now, WallClock.nanoseconds()) }
    }

    /// The source was read, with whatever result.
    func noteRead() {
        reading.withLock { $0 = nil }
    }

    /// Why the source as it is now is not shown.
    private func trouble(in loading: Loading) -> String? {
        let silence = reading.withLock { reading in
            reading.flatMap { ContinuousClock.now - $0.began > Self.readingPatience ? $0.time : nil }
        }
        return silence.map { "the source has not answered since \(Timestamp.text($0, isFine: false))" } ?? loading.error
            ?? VolumeStatus.trouble(in: loading.volumes)
    }

    /// The source was read anew.
    func note(_ reading: Reloader.Reading, now: Int64) {
        loading.withLock { $0 = Loading(reading, now: now) }
    }

    /// The source cannot be read as it is now.
    func noteBroken(_ error: String) {
        loading.withLock { $0.error = error }
    }

    func text(
        of report: Report, tree: Tree, held: (secrets: Int, handles: Int), knownNodes: Int, waiting: Int
    ) -> [UInt8] {
        switch report {
        case .generation: return Array("\(tree.generation)\n".utf8)
        case .status:
            let status = status(tree: tree, held: held, knownNodes: knownNodes, waiting: waiting)
            return Array((status.lines() + "\n").utf8)
        }
    }

    private func status(
        tree: Tree, held: (secrets: Int, handles: Int), knownNodes: Int, waiting: Int
    ) -> JSONText {
        let loading = loading.withLock { $0 }
        let trouble = trouble(in: loading)
        let notice = notice()
        let failures = failures.all.map { failure in
            JSONText.object([
                ("source", .string(failure.source)), ("error", .string(failure.error)),
                ("count", .number(failure.count)),
            ])
        }
        let volumes = loading.volumes.isEmpty ? [] : [("volumes", JSONText.array(loading.volumes.map(\.json)))]
        let outside = JSONText.array(tree.outside.map(Self.object))
        let members: [(String, JSONText)] = [
            ("state", .string(isStandIn ? "failed" : trouble == nil ? "current" : "outdated")),
            ("error", trouble.map { .string($0) } ?? .null),
            ("source", .string(source)),
            ("generation", .number(Int(tree.generation))),
            ("loaded", loading.loaded.map { .string(Timestamp.text($0, isFine: false)) } ?? .null),
            ("secrets", .number(tree.secretCount)),
            ("warnings", .array((loading.warnings + machineWarnings).map { .string($0) })),
            ("failures", .array(failures)),
            ("audit", .array((audit?.status ?? []).map(Self.object))),
            ("outside", outside),
            ("cache", .string(policy.rawValue)),
            ("held_secrets", .number(held.secrets)),
            ("open_handles", .number(held.handles)),
            ("waiting_requests", .number(waiting)),
            ("kernel_nodes", .number(knownNodes)),
            ("pid", notice.supervisor == 0 ? .null : .number(notice.supervisor)),
            ("worker_pid", isStandIn ? .null : .number(Int(getpid()))),
            ("workers", .number(Int(notice.workers))),
            ("restarts", .number(notice.restarts)),
            ("last_end", notice.lastEnd.isEmpty ? .null : .string(notice.lastEnd)),
            ("confinement", .array((confinement?.measures ?? []).map { .string($0) })),
            ("upgrades", .number(notice.upgrades)),
            ("upgrade_error", notice.upgradeError.isEmpty ? .null : .string(notice.upgradeError)),
            ("version", .string(version)),
        ]
        return .object(members + volumes)
    }

    private static func object(_ sink: AuditSinkStatus) -> JSONText {
        .object([
            ("sink", .string(sink.name)), ("state", .string(sink.trouble == nil ? "writing" : "blocked")),
            ("trouble", sink.trouble.map { .string($0) } ?? .null),
            ("records", .number(Int(clamping: sink.records))), ("missed", .number(Int(clamping: sink.missed))),
        ])
    }

    private static func object(_ outside: OutsideStatus) -> JSONText {
        .object([
            ("name", .string(outside.name)),
            ("state", .string(outside.trouble == nil ? "answering" : "unreachable")),
            ("trouble", outside.trouble.map { .string($0) } ?? .null),
            ("last_answer", outside.lastAnswer.map { .string(Timestamp.text($0, isFine: false)) } ?? .null),
            ("kept", .number(outside.kept)), ("stale", .number(outside.stale)),
        ])
    }

    /// What is wrong with more than this mount.
    private var machineWarnings: [String] { LockedMemory.warning.map { [$0.message] } ?? [] }
}

extension ReportWriter.Loading {
    init(_ reading: Reloader.Reading, now: Int64) {
        self.init(loaded: now, error: nil, warnings: reading.warnings, volumes: reading.volumes)
    }
}

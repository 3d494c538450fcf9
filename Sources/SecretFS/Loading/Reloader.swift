internal import SecretaryCore
internal import SystemPackage

/// Keeps the tree that is shown equal to the source.
struct Reloader: ~Copyable {
    private let source: any MountSource
    private let builder: TreeBuilder
    private let policy: CachePolicy
    private var watcher: SourceWatcher
    /// Of the last reading: what half a file of these gives is not known to be half.
    private var auxiliaries: Set<FilePath> = []

    /// The source as it was read.
    struct Reading {
        private(set) var tree: Tree
        let warnings: [String]
        var volumes: [VolumeStatus] = []

        /// The same for a mount that showed `former` before.
        func continuing(_ former: Tree?) -> Reading {
            var reading = self
            reading.tree = tree.continuing(former)
            return reading
        }
    }

    /// When to look again although nothing happens.
    private var nextLook: ContinuousClock.Instant?

    /// A burst of changes, as a checkout makes, is taken in at once: after this long without another change, and
    /// anyway after four times as long.
    private static let calm: Duration = .milliseconds(5)
    /// How often to look at a source that does not come to rest.
    private static let restInterval: Duration = .milliseconds(50)
    /// How often the source is read before it counts as one that does not come to rest.
    private static let attempts = 8
    /// How often to look for a source that is gone.
    private static let retryInterval: Duration = .seconds(1)

    init(source: any MountSource, builder: TreeBuilder, policy: CachePolicy) throws(SecretaryError) {
        self.source = source
        self.builder = builder
        self.policy = policy
        self.watcher = try SourceWatcher()
    }

    /// Reads the source as it is at one moment: anew if it changes meanwhile.
    /// - Parameter isAbandoned: whether nobody wants the result any more.
    /// - Returns: `nil` when somebody writes to it all the time, and there is a tree before this one.
    /// - Throws: what is wrong with the source.
    mutating func load(
        after previous: Tree?, isAbandoned: () -> Bool = { false }
    ) throws(SecretaryError) -> Reading? {
        var restless: Set<FilePath> = []
        for attempt in 1...Self.attempts {
            if isAbandoned() { return nil }
            watcher.startNoting()
            // Files that are written again and again must not keep the others from being shown.
            let leftOut = attempt > Self.attempts / 2 ? restless : []
            let unsettled = watcher.unsettled.union(leftOut)
            source.prepare(for: watcher.takeNews())
            let result = Result { () throws(SecretaryError) in try source.load(unsettled: unsettled) }
            var someAreNew = false
            if case .success(let loaded) = result {
                someAreNew = try watcher.watch(loaded.places)
                auxiliaries = loaded.auxiliaries
            }
            let changed = watcher.drain()
            let doubtful = watcher.written.subtracting(unsettled).union(watcher.unsettled.intersection(auxiliaries))
            restless.formUnion(doubtful)
            let isWhole = doubtful.isEmpty && !watcher.hasMissedEvents
            let isQuiet = !changed && !someAreNew
            guard attempt == Self.attempts || isWhole && (isQuiet || attempt > Self.attempts / 2) else { continue }
            nextLook = isWhole && isQuiet && leftOut.isEmpty ? nil : .now + Self.restInterval
            // Half a file is never shown; only a mount that begins has nothing better.
            if !isWhole, previous != nil { return nil }
            let loaded = try result.get()
            try policy.requireObedience(to: loaded.files.all)
            if loaded.isIncomplete { nextLook = nextLook ?? .now + Self.retryInterval }
            if loaded.isRestless { nextLook = .now + Self.restInterval }
            source.confirm()
            let tree = try builder.build(
                loaded.files.all, folders: loaded.folders, after: previous, now: WallClock.nanoseconds())
            return Reading(tree: tree, warnings: loaded.warnings, volumes: loaded.volumes)
        }
        return nil
    }

    /// Follows the source until `waker` is stopped.
    mutating func follow(
        _ keeper: TreeKeeper, reports: ReportWriter, until waker: Waker
    ) {
        while !waker.isStopped {
            let deadline = [watcher.patienceEnds, nextLook].compactMap(\.self).min()
            waker.wait(until: deadline, orReadable: [watcher.descriptor])
            let isDue = nextLook.map { $0 <= .now } ?? false
            guard watcher.drain() || isDue, !waker.isStopped else { continue }
            waitForCalm(waker)
            reports.noteReading()
            defer { reports.noteRead() }
            do throws(SecretaryError) {
                guard let reading = try load(after: keeper.tree, isAbandoned: { waker.isStopped }) else { continue }
                // A source that answers too late is read for nobody.
                if waker.isStopped { return }
                keeper.show(reading.tree)
                reports.note(reading, now: WallClock.nanoseconds())
            } catch {
                reports.noteBroken(error.message)
                // What is wrong inside a file is mended by changing it; a source that is gone sends no event when it is back.
                let willTell = error.code == .malformed || error.code == .configuration
                nextLook = willTell && watcher.isWatching ? nil : .now + Self.retryInterval
            }
        }
    }

    /// Looks again soon: what was read is not good, and nothing may tell when it is.
    mutating func retrySoon() {
        nextLook = .now + Self.retryInterval
    }

    private mutating func waitForCalm(_ waker: Waker) {
        for _ in 0..<4 {
            waker.wait(until: .now + Self.calm, orReadable: [watcher.descriptor])
            guard watcher.drain() else { return }
        }
    }
}

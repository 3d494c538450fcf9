internal import SecretaryCore
internal import SystemPackage

/// Keeps the tree that is shown equal to the source.
struct Reloader: ~Copyable {
    private let source: any MountSource
    private let builder: TreeBuilder
    private var watcher: SourceWatcher

    /// A burst of changes, as a checkout makes, is taken in at once: after this long without another change, and
    /// anyway after four times as long.
    private static let calm: Duration = .milliseconds(5)
    /// How often to look for a source that is gone.
    private static let retryInterval: Duration = .seconds(1)

    init(source: any MountSource, builder: TreeBuilder) throws(SecretaryError) {
        self.source = source
        self.builder = builder
        self.watcher = try SourceWatcher()
    }

    /// Reads the source as it is at one moment: anew if it changes meanwhile.
    /// - Throws: what is wrong with the source.
    mutating func load(after previous: Tree?) throws(SecretaryError) -> (tree: Tree, warnings: [String]) {
        var attempt = 0
        while true {
            attempt += 1
            let loaded = try source.load(unsettled: watcher.unsettled)
            let someAreNew = try watcher.watch(loaded.directories)
            // A source that never comes to rest is shown as it was read; the next change comes soon enough.
            if watcher.drain() || someAreNew, attempt < 8 { continue }
            let tree = try builder.build(loaded.files, after: previous, now: WallClock.nanoseconds())
            return (tree, loaded.warnings)
        }
    }

    /// Follows the source until `waker` is stopped.
    mutating func follow(
        _ filesystem: Filesystem, telling cache: KernelChannel, reports: ReportWriter, until waker: Waker
    ) {
        var retry: ContinuousClock.Instant?
        while !waker.isStopped {
            let deadline = [watcher.patienceEnds, retry].compactMap(\.self).min()
            waker.wait(until: deadline, orReadable: watcher.descriptor)
            let isRetry = retry.map { $0 <= .now } ?? false
            guard watcher.drain() || isRetry, !waker.isStopped else { continue }
            waitForCalm(waker)
            do throws(SecretaryError) {
                let (tree, warnings) = try load(after: filesystem.tree)
                filesystem.replaceTree(by: tree, telling: cache)
                reports.noteLoaded(warnings: warnings, now: WallClock.nanoseconds())
                retry = nil
            } catch {
                reports.noteBroken(error.message)
                // What is wrong inside a file is mended by changing it; a source that is gone sends no event when it is back.
                retry = error.code == .malformed || error.code == .configuration ? nil : .now + Self.retryInterval
            }
        }
    }

    private mutating func waitForCalm(_ waker: Waker) {
        for _ in 0..<4 {
            waker.wait(until: .now + Self.calm, orReadable: watcher.descriptor)
            guard watcher.drain() else { return }
        }
    }
}

internal import SecretaryCore

/// Reads the source and follows it, on a thread of its own: where the source's file system hangs, nothing else does.
final class SourceFollower: Sendable {
    /// The tree that the source says at first, or why there is none.
    typealias FirstReading = Result<Reloader.Reading, SecretaryError>

    private struct State {
        var first: FirstReading?
        /// Why the source cannot be followed at all.
        var failure: SecretaryError?
        /// Shows what is read; `nil` before the worker serves.
        var keeper: TreeKeeper?
        var hasEnded = false
    }

    private let state = Monitor(State())
    private let stopping = Waker()

    /// How long to wait at the end for the thread: a source that does not answer keeps no mount from ending.
    private static let patience: Duration = .seconds(1)

    /// Starts to read.
    /// - Parameters:
    ///   - source: gets the keys and the source.
    ///   - former: the tree that a worker before has shown last.
    ///   - failed: called on the other thread when the source cannot be followed at all.
    /// - Throws: `.system` when there can be no thread.
    func start(
        _ source: @escaping Worker.SourceMaker, builder: TreeBuilder, policy: CachePolicy, after former: Tree?,
        failed: @escaping @Sendable (SecretaryError) -> Void
    ) throws(SecretaryError) {
        try BackgroundThread.detach { [self] in
            defer { change { $0.hasEnded = true } }
            do throws(SecretaryError) {
                var reloader = try Reloader(source: try source(), builder: builder, policy: policy)
                let first = Self.readFirst(&reloader, after: former)
                change { $0.first = first }
                guard let keeper = waitForKeeper() else { return }
                begin(keeper, with: first)
                reloader.follow(keeper, reports: keeper.filesystem.reports, until: stopping)
            } catch {
                change { $0.failure = error }
                failed(error)
            }
        }
    }

    /// Waits for the source to be read for the first time.
    /// - Returns: `nil` when that takes longer than `patience`.
    /// - Throws: why it cannot be followed at all.
    func firstReading(within patience: Duration) throws(SecretaryError) -> FirstReading? {
        let outcome = state.wait(for: patience) { state -> Result<FirstReading, SecretaryError>? in
            if let failure = state.failure { return .failure(failure) }
            return state.first.map { .success($0) }
        }
        return try outcome?.get()
    }

    /// Shows what the source says from now on: requests are served.
    func follow(with keeper: TreeKeeper) {
        change { $0.keeper = keeper }
    }

    /// Reads no more.
    func stop() {
        stopping.stop()
        state.notify()
        _ = state.wait(for: Self.patience) { $0.hasEnded ? true : nil }
    }

    // MARK: The thread

    private static func readFirst(_ reloader: inout Reloader, after former: Tree?) -> FirstReading {
        do throws(SecretaryError) {
            if let reading = try reloader.load(after: former) { return .success(reading.continuing(former)) }
            throw SecretaryError(.io, "the source changes all the time", hint: "wait until it does not")
        } catch {
            reloader.retrySoon()
            return .failure(error)
        }
    }

    private func waitForKeeper() -> TreeKeeper? {
        state.wait { [stopping] state -> TreeKeeper?? in
            stopping.isStopped ? .some(nil) : state.keeper.map { .some($0) }
        } ?? nil
    }

    private func begin(_ keeper: TreeKeeper, with first: FirstReading) {
        let reports = keeper.filesystem.reports
        reports.noteRead()
        switch first {
        case .success(let reading):
            keeper.show(reading.tree)
            reports.note(reading, now: WallClock.nanoseconds())
        case .failure(let error):
            reports.noteBroken(error.message)
            keeper.filesystem.endWaitingForSource()
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock(body)
        state.notify()
    }
}

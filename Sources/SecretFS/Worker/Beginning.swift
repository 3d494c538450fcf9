internal import SecretaryCore

/// What a worker shows at first.
struct Beginning {
    let tree: Tree
    let loading: ReportWriter.Loading
    /// Whether the source is still being read: `tree` has only names then.
    let awaitsSource: Bool

    /// What the source says.
    init(_ reading: Reloader.Reading) {
        tree = reading.tree
        loading = ReportWriter.Loading(reading, now: WallClock.nanoseconds())
        awaitsSource = false
    }

    /// What a worker before has shown: its names remain, and their content is missing.
    /// - Parameter error: why the source cannot be read; `nil` while it is being read.
    init(_ former: Tree, missing error: SecretaryError?) {
        tree = former
        loading = ReportWriter.Loading(loaded: nil, error: error?.message, warnings: [])
        awaitsSource = error == nil
    }
}

extension SourceFollower {
    /// Why and how long a worker waits for its source before it begins.
    enum Need {
        /// Others wait for it: what a worker before has shown is better than nothing.
        case soon(former: Tree)
        /// Nothing else could be shown, or somebody else shows it better meanwhile.
        case whole(patience: Duration)
    }

    /// How long readers wait for a source that may only be slow.
    private static let briefness: Duration = .milliseconds(500)
    /// Whoever has waited as long as this wants to know what for.
    private static let notice: Duration = .seconds(10)

    /// Waits for the source, as far as it is needed.
    /// - Parameter waiting: called when that takes a while.
    /// - Throws: why there is nothing to show.
    func beginning(_ need: Need, of source: String, waiting: () -> Void) throws(SecretaryError) -> Beginning {
        switch need {
        case .soon(let former):
            switch try firstReading(within: Self.briefness) {
            case .success(let reading): return Beginning(reading)
            case .failure(let error): return Beginning(former, missing: error)
            case nil: return Beginning(former, missing: nil)
            }
        case .whole(let patience):
            var reading = try firstReading(within: min(Self.notice, patience))
            if reading == nil {
                waiting()
                reading = try firstReading(within: max(.zero, patience - Self.notice))
            }
            if let reading { return Beginning(try reading.get()) }
            throw SecretaryError(
                .timedOut, "the source \(source) has not been read within \(patience)",
                hint: "see whether the file system it is on answers")
        }
    }
}

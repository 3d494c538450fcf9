internal import SecretaryCore
internal import SystemPackage

/// One volume of a mount: what it shows, and what keeps it from showing what it should.
///
/// Read on a thread of its own choice: where a source's file system hangs, only this volume does.
final class VolumeSource: Sendable {
    typealias Maker = @Sendable (VolumeDefinition) throws(SecretaryError) -> VolumeContent

    private struct State {
        var definition: VolumeDefinition?
        /// For that definition.
        var content: VolumeContent?
        /// What was last read whole, without the volume's folder.
        var shown: LoadedSource?
        /// Why the volume is not shown as it is defined now.
        var error: SecretaryError?
        /// Why it is opened with the keys that it had before.
        var keyError: SecretaryError?
        /// Whether anything may have happened to it since it was read.
        var isStale = true
        /// What was known to have happened when it was last to be read.
        var news: SourceNews?
        /// Where something happens that concerns it.
        var places = SourcePlaces()
        /// Since when it is being read, and what its definition was then.
        var reading: (began: Int64, number: Int, stamp: FileStamp?)?
        var readings = 0
    }

    let name: String
    private let file: FilePath
    private let policy: CachePolicy
    private let state = Monitor(State())

    /// - Parameter former: the one of that name that is read in vain: what it shows is shown until this one was read.
    init(name: String, file: FilePath, policy: CachePolicy, after former: VolumeSource? = nil) {
        self.name = name
        self.file = file
        self.policy = policy
        guard let former else { return }
        let (definition, shown) = former.state.withLock { ($0.definition, $0.shown) }
        state.withLock { ($0.definition, $0.shown) = (definition, shown) }
    }

    /// Whether it is being read as a definition that there is no more.
    var isReadInVain: Bool {
        guard let reading = state.withLock({ $0.reading }) else { return false }
        return reading.stamp != FileStamp(file)
    }

    // MARK: Reading

    /// Hears what happened since the last reading.
    func prepare(for news: SourceNews) {
        state.withLock { state in
            state.news = news
            if news.concerns(state.places) { state.isStale = true }
        }
    }

    /// Reads the volume on another thread, unless nothing happened to it, or one is at it still.
    /// - Parameters:
    ///   - unsettled: files that somebody is writing at this moment.
    ///   - patience: how long to wait for the result.
    /// - Returns: whether it was read, now.
    func read(
        unsettled: Set<FilePath>, maker: @escaping Maker, on threads: BlockingThreads, within patience: Duration
    ) -> Bool {
        let number: Int? = state.withLock { state in
            guard state.reading == nil, state.isStale else { return nil }
            state.isStale = false
            state.readings += 1
            state.reading = (WallClock.nanoseconds(), state.readings, FileStamp(file))
            return state.readings
        }
        guard let number else { return false }
        let news = state.withLock { $0.news }
        do throws(SecretaryError) {
            try threads.run { [self] in
                let result = Result { () throws(SecretaryError) in try load(unsettled: unsettled, maker) }
                end(result, after: unsettled.isEmpty ? news : nil)
            }
        } catch {
            end(.failure(error), after: nil)
        }
        return state.wait(for: patience) { $0.reading?.number == number ? nil : $0.error == nil } ?? false
    }

    /// - Parameter news: what happens is told from these on; `nil` when something may have happened unnoticed.
    private func end(_ result: Result<Reading, SecretaryError>, after news: SourceNews?) {
        state.withLock { state in
            state.reading = nil
            switch result {
            case .success(let (loaded, keyError)):
                (state.shown, state.error, state.keyError) = (loaded, nil, keyError)
                state.places = loaded.places
                state.places.files.insert(file)
                let isCovered = news?.covers(state.places) ?? false
                if loaded.isRestless || keyError != nil || !isCovered { state.isStale = true }
            case .failure(let error):
                state.error = error
                state.isStale = true
            }
        }
        state.notify()
    }

    /// What was read, and why not with the keys that there are now.
    private typealias Reading = (loaded: LoadedSource, keyError: SecretaryError?)

    private func load(unsettled: Set<FilePath>, _ maker: Maker) throws(SecretaryError) -> Reading {
        let content = try content(isUnsettled: unsettled.contains(file), maker)
        var keyError: SecretaryError?
        if !content.keys.areCurrent, let definition = state.withLock({ $0.definition }) {
            do throws(SecretaryError) {
                let renewed = try maker(definition).continuing(content)
                let loaded = try load(renewed, unsettled: unsettled, hasNewKeys: true)
                state.withLock { $0.content = renewed }
                return (loaded, nil)
            } catch {
                keyError = error
            }
        }
        return (try load(content, unsettled: unsettled, hasNewKeys: false), keyError)
    }

    private func load(
        _ content: VolumeContent, unsettled: Set<FilePath>, hasNewKeys: Bool
    ) throws(SecretaryError) -> LoadedSource {
        var loaded = try content.source.load(unsettled: unsettled)
        loaded.places.formUnion(content.keys.places)
        let shown = state.withLock { $0.shown }
        guard loaded.files !== shown?.files else { return loaded }
        try policy.requireObedience(to: loaded.files.all)
        try TreeBuilder.check(loaded.files.all)
        // Whoever defines a volume wants to know at once, and another key may be there before its secrets are; what changes
        // later may be for other keys.
        if shown == nil || hasNewKeys {
            try content.source.requireFittingKey(for: loaded.files.all, canOpen: content.canOpen)
        }
        return loaded
    }

    /// What the definition says; made anew when it says something else.
    /// - Parameter isUnsettled: the definition is being written: what it said before counts.
    private func content(isUnsettled: Bool, _ maker: Maker) throws(SecretaryError) -> VolumeContent {
        let (former, content) = state.withLock { ($0.definition, $0.content) }
        if isUnsettled, let content { return content }
        let definition = try VolumeDefinition(file: file)
        if definition == former, let content { return content }
        state.withLock { state in
            // One that was removed and made anew has nothing in common with the one before but its name.
            if former?.created != definition.created { state.shown = nil }
            (state.definition, state.content) = (definition, nil)
        }
        try policy.requireObedience(to: definition)
        let made = try maker(definition)
        state.withLock { $0.content = made }
        return made
    }

    // MARK: What is known

    /// What the volume adds to the mount.
    var part: VolumePart {
        state.withLock { state in
            let error = state.reading.map { reading in
                SecretaryError(
                    .timedOut, "the source has not answered since \(Timestamp.text(reading.began, isFine: false))",
                    hint: "see whether the file system it is on answers")
            }
            return VolumePart(name: name, shown: state.shown, error: error ?? state.error ?? state.keyError)
        }
    }

    /// What was read last was read whole.
    func confirm() {
        state.withLock { $0.content }?.source.confirm()
    }
}

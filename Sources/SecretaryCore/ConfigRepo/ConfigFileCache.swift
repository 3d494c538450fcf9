internal import Glibc
internal import Synchronization
public import SystemPackage

/// Config files as they were last read, so that a change of one file parses one file.
///
/// A file is known to be unchanged by its inode, size and times, and only when it was last changed long enough before it
/// was read for another change to have shown in its times.
public final class ConfigFileCache: Sendable {
    private struct Entry {
        let stamp: FileStamp
        let format: ConfigFile.Format?
        var file: ConfigFile
        var isReliable: Bool
        /// What the file held when it was last known to be read whole.
        var whole: ConfigFile?
    }

    private struct State {
        var entries: [FilePath: Entry] = [:]
        var revision = 0
        var isRestless = false
        /// Whether `confirm` was called: before that there is nothing better than half a file.
        var isConfirmed = false
        /// Files from the future, as there are after the clock was set back: as they were first seen, and when.
        var sightings: [FilePath: (stamp: FileStamp, first: ContinuousClock.Instant)] = [:]
    }

    private let keepsPlainText: Bool
    private let state = Mutex(State())
    /// The time of day.
    private let now: @Sendable () -> Int64

    /// Whoever keeps a file open for writing longer than this without writing is no longer waited for.
    public static let patience: Duration = .seconds(2)

    /// - Parameter keepsPlainText: whether text files without envelopes are wanted too; else they take no memory, and have
    ///   no values.
    public convenience init(keepsPlainText: Bool) {
        self.init(keepsPlainText: keepsPlainText, now: WallClock.nanoseconds)
    }

    init(keepsPlainText: Bool, now: @escaping @Sendable () -> Int64) {
        self.keepsPlainText = keepsPlainText
        self.now = now
    }

    /// The file, parsed.
    /// - Parameters:
    ///   - name: from `folder`; no symbolic link on the way is followed.
    ///   - format: `nil` for what the name stands for.
    ///   - isUnsettled: somebody is writing it at this moment: what it held when `confirm` was last called is taken.
    /// - Returns: `nil` for a new file that is unsettled.
    /// - Throws: as `ConfigFile.read`.
    public func file(
        _ name: FilePath, in folder: FilePath, format: ConfigFile.Format?, isUnsettled: Bool
    ) throws(SecretaryError) -> ConfigFile? {
        let path = folder.pushing(name)
        if isUnsettled { return wholeFile(path, format) }
        let (known, isConfirmed) = state.withLock { ($0.entries[path], $0.isConfirmed) }
        guard let stamp = FileStamp(path) else { return try read(name, in: folder, format) }
        if let known, known.isReliable, known.format == format, known.stamp == stamp { return known.file }
        let age = age(of: path, stamp)
        // The kernel tells of a change at worst this much later, too.
        let isReliable = age > FileStamp.granularity
        if isConfirmed, age < Self.patience, SafeFile.isOpenForWriting(path) { return restlessFile(path, format) }
        let whole = known?.format == format ? known?.whole : nil
        // The kernel empties a file before it tells anybody, and does not always know who is writing.
        if whole != nil, !isReliable, known?.stamp.isSameFile(as: stamp) ?? false {
            return restlessFile(path, format)
        }
        let result = Result { () throws(SecretaryError) in try read(name, in: folder, format) }
        if whole != nil, FileStamp(path) != stamp { return restlessFile(path, format) }
        let file = try result.get()
        let entry = Entry(stamp: stamp, format: format, file: file, isReliable: isReliable, whole: whole)
        state.withLock { state in
            state.entries[path] = entry
            state.revision += 1
        }
        return file
    }

    /// Another one whenever `file` gave something else than before for any file: of the same files it gives the same as long
    /// as this is the same.
    public var revision: Int { state.withLock { $0.revision } }

    private func read(
        _ name: FilePath, in folder: FilePath, _ format: ConfigFile.Format?
    ) throws(SecretaryError) -> ConfigFile {
        try withoutPlainText(ConfigFile.read(name, in: folder, format: format))
    }

    /// For how long the file is known to be as it is.
    private func age(of path: FilePath, _ stamp: FileStamp) -> Duration {
        let now = now()
        if stamp.changed <= now { return .nanoseconds(now - stamp.changed) }
        // From the future: since it was first seen like this, by a clock that nobody sets.
        return state.withLock { state in
            if let sighting = state.sightings[path], sighting.stamp == stamp {
                return ContinuousClock.now - sighting.first
            }
            state.sightings[path] = (stamp, .now)
            return .zero
        }
    }

    /// A file that may be half-written.
    private func restlessFile(_ path: FilePath, _ format: ConfigFile.Format?) -> ConfigFile? {
        state.withLock { $0.isRestless = true }
        return wholeFile(path, format)
    }

    /// Whether, since this was last asked, a file was found that was written to a moment before: what it held when `confirm`
    /// was last called was taken, and it should be looked at again soon.
    public func takeRestlessness() -> Bool {
        state.withLock { state in
            defer { state.isRestless = false }
            return state.isRestless
        }
    }

    /// What a file held before somebody began to write it; what was read since is forgotten.
    private func wholeFile(_ path: FilePath, _ format: ConfigFile.Format?) -> ConfigFile? {
        state.withLock { state in
            state.revision += 1
            guard var entry = state.entries[path], entry.format == format, let whole = entry.whole else {
                state.entries[path] = nil
                return nil
            }
            entry.file = whole
            entry.isReliable = false
            state.entries[path] = entry
            return whole
        }
    }

    private func withoutPlainText(_ file: ConfigFile) -> ConfigFile {
        guard !keepsPlainText, file.format == .text, case .value(let text) = file.root, !text.value.hasEnvelopes else {
            return file
        }
        return ConfigFile(path: file.path, format: file.format, root: .mapping([]))
    }

    /// Nobody wrote to a file while it was read: each is whole as it was read last.
    public func confirm() {
        state.withLock { state in
            state.isConfirmed = true
            state.entries = state.entries.mapValues { entry in
                var entry = entry
                entry.whole = entry.file
                return entry
            }
        }
    }

    /// Whether the file could be read before.
    public func knows(_ path: FilePath) -> Bool {
        state.withLock { $0.entries[path] != nil }
    }

    /// Forgets all files but these, given as absolute paths.
    public func keep(only paths: Set<FilePath>) {
        state.withLock { state in
            state.entries = state.entries.filter { paths.contains($0.key) }
            state.sightings = state.sightings.filter { paths.contains($0.key) }
        }
    }
}

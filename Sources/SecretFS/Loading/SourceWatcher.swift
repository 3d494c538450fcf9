internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Notices changes in the source's directories (`inotify(7)`).
struct SourceWatcher: ~Copyable {
    private let queue: FileDescriptor
    private var paths: [Int32: FilePath] = [:]
    private var watches: [FilePath: Int32] = [:]
    /// What is to be watched.
    private var places = SourcePlaces()
    /// Files that were written to and not closed since, with when they were last written to.
    private var beingWritten: [FilePath: ContinuousClock.Instant] = [:]
    /// Files that were written to since `startNoting`, closed or not.
    private(set) var written: Set<FilePath> = []
    /// Files that something happened to since `takeNews`, and whether anything else did.
    private var touched: Set<FilePath> = []
    private var hasLostTrack = false
    /// Whether there was more to note since `startNoting` than the kernel has room for.
    private(set) var hasMissedEvents = false

    private static let events =
        UInt32(IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
        | UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

    /// - Throws: `.system` when the user has too many inotify instances.
    init() throws(SecretaryError) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw SecretaryError(
                .system, "cannot watch the source for changes: \(Errno(rawValue: errno))",
                hint: "raise fs.inotify.max_user_instances with sysctl")
        }
        queue = FileDescriptor(rawValue: descriptor)
    }

    deinit {
        try? queue.close()
    }

    /// Whether there is anything to be noticed: nothing is watched before the source could be read.
    var isWatching: Bool { !watches.isEmpty }

    /// Can be read when something happened.
    var descriptor: Int32 { queue.rawValue }

    /// Watches these places, and nothing else.
    /// - Returns: whether some are new: what happened there before was not noticed.
    /// - Throws: `.system` when there are too many watches; a directory that is gone by now is left out.
    mutating func watch(_ places: SourcePlaces) throws(SecretaryError) -> Bool {
        var someAreNew = !self.places.covers(places)
        self.places = places
        let wanted = places.folders
        for (path, watch) in watches where !wanted.contains(path) {
            _ = inotify_rm_watch(queue.rawValue, watch)
            watches[path] = nil
            paths[watch] = nil
        }
        for path in wanted where watches[path] == nil {
            let watch = unsafe path.withPlatformString { unsafe inotify_add_watch(queue.rawValue, $0, Self.events) }
            if watch >= 0 {
                watches[path] = watch
                paths[watch] = path
                someAreNew = true
            } else if errno == ENOSPC {
                throw SecretaryError(
                    .system, "cannot watch \(path) for changes: too many watches",
                    hint: "raise fs.inotify.max_user_watches with sysctl")
            }
        }
        return someAreNew
    }

    /// Takes in what happened since the last call.
    /// - Returns: whether anything did that can change what is shown.
    mutating func drain() -> Bool {
        let limit = ContinuousClock.now - ConfigFileCache.patience
        let writers = beingWritten.count
        touched.formUnion(beingWritten.lazy.filter { $0.value <= limit }.map(\.key))
        beingWritten = beingWritten.filter { $0.value > limit }
        var changed = beingWritten.count != writers
        var buffer = [UInt8](repeating: 0, count: 65536)
        while let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe queue.read(into: $0) }), count > 0 {
            var offset = 0
            let header = MemoryLayout<inotify_event>.size
            while offset + header <= count {
                let event = unsafe buffer.withUnsafeBytes {
                    unsafe $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                }
                let name = buffer[(offset + header)..<(offset + header + Int(event.len))].prefix { $0 != 0 }
                offset += header + Int(event.len)
                if note(event, name: String(decoding: name, as: UTF8.self)) { changed = true }
            }
        }
        return changed
    }

    /// Begins anew to note which files are written to.
    mutating func startNoting() {
        written = []
        hasMissedEvents = false
    }

    /// What happened since this was called last.
    mutating func takeNews() -> SourceNews {
        defer { (touched, hasLostTrack) = ([], false) }
        return SourceNews(
            watched: places, folders: Set(watches.keys), files: touched, isIncomplete: hasLostTrack)
    }

    private mutating func note(_ event: inotify_event, name: String) -> Bool {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
            hasMissedEvents = true
            hasLostTrack = true
            forgetWatches()
            return true
        }
        if event.mask & UInt32(IN_IGNORED) != 0 {
            // The directory is gone, and its watch with it.
            if let path = paths.removeValue(forKey: event.wd) { watches[path] = nil }
            return true
        }
        if event.mask & UInt32(IN_MOVE_SELF) != 0 {
            // The watch would follow the directory to its new place.
            _ = inotify_rm_watch(queue.rawValue, event.wd)
        }
        guard let directory = paths[event.wd], !name.isEmpty else {
            hasLostTrack = true
            return true
        }
        let file = directory.appending(name)
        guard places.directories.contains(directory) || places.files.contains(file) else { return false }
        touched.insert(file)
        if event.mask & UInt32(IN_MODIFY) != 0 {
            written.insert(file)
            beingWritten[file] = .now
            // The end of writing is what counts.
            return false
        }
        // Who writes may change owner and permissions before the end.
        if event.mask & UInt32(IN_ATTRIB) == 0 { beingWritten[file] = nil }
        return true
    }

    /// Among the events that were missed may be the end of a directory: all are watched anew.
    private mutating func forgetWatches() {
        for watch in watches.values { _ = inotify_rm_watch(queue.rawValue, watch) }
        watches = [:]
        paths = [:]
    }

    /// Files that somebody is writing at this moment.
    var unsettled: Set<FilePath> { Set(beingWritten.keys) }

    /// When to look again although nothing happens; `nil` for never.
    var patienceEnds: ContinuousClock.Instant? {
        beingWritten.values.min().map { $0 + ConfigFileCache.patience }
    }
}

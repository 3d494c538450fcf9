internal import SystemPackage

/// What happened where a source is, since it was read last.
public struct SourceNews: Sendable {
    /// Directories that are watched: nothing happened there without being noticed.
    let watched: Set<FilePath>
    /// Files that something happened to.
    let files: Set<FilePath>
    /// The directories that these are in.
    let directories: Set<FilePath>
    /// Whether more may have happened, anywhere.
    let isIncomplete: Bool

    init(watched: Set<FilePath>, files: Set<FilePath>, isIncomplete: Bool) {
        self.watched = watched
        self.files = files
        self.isIncomplete = isIncomplete
        directories = Set(files.map { $0.removingLastComponent() })
    }
}

extension MountSource {
    /// Most sources are read as a whole.
    public func prepare(for news: SourceNews) {}
}

internal import SystemPackage

/// What happened where a source is, since it was read last.
public struct SourceNews: Sendable {
    /// What is watched: nothing happened there without being noticed, as far as it is in `folders`.
    private let watched: SourcePlaces
    /// Directories that were there to be watched.
    private let folders: Set<FilePath>
    /// Files that something happened to.
    let files: Set<FilePath>
    /// The directories that these are in.
    private let directories: Set<FilePath>
    /// Whether more may have happened, anywhere.
    private let isIncomplete: Bool

    init(watched: SourcePlaces, folders: Set<FilePath>, files: Set<FilePath>, isIncomplete: Bool) {
        self.watched = watched
        self.folders = folders
        self.files = files
        self.isIncomplete = isIncomplete
        directories = Set(files.map { $0.removingLastComponent() })
    }

    /// Whether anything may have happened at these places.
    func concerns(_ places: SourcePlaces) -> Bool {
        isIncomplete || !directories.isDisjoint(with: places.directories) || !files.isDisjoint(with: places.files)
    }

    /// Whether all is told that happens at these places.
    func covers(_ places: SourcePlaces) -> Bool {
        watched.covers(places) && places.folders.isSubset(of: folders)
    }
}

extension MountSource {
    /// Most sources are read as a whole.
    public func prepare(for news: SourceNews) {}
}

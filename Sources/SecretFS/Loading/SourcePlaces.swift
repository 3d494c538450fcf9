internal import SystemPackage

/// Where a change can change what a source shows.
public struct SourcePlaces: Sendable {
    /// Directories in which every name matters.
    var directories: Set<FilePath> = []
    /// Files and symbolic links, whether they are there or not; of other names beside them nothing needs to be known.
    var files: Set<FilePath> = []

    /// All directories in which something matters.
    var folders: Set<FilePath> { directories.union(files.lazy.map { $0.removingLastComponent() }) }

    mutating func formUnion(_ other: SourcePlaces) {
        directories.formUnion(other.directories)
        files.formUnion(other.files)
    }

    /// Whether whoever is told what happens here is told what happens there.
    func covers(_ other: SourcePlaces) -> Bool {
        other.directories.isSubset(of: directories)
            && other.files.allSatisfy { files.contains($0) || directories.contains($0.removingLastComponent()) }
    }
}

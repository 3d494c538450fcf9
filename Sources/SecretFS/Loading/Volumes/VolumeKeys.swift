internal import SecretaryCore
package import SystemPackage

/// The files in which the keys of a volume are looked for, as they were before they were read.
package struct VolumeKeys: Sendable {
    private let stamps: [FilePath: FileStamp?]
    /// Whether a change since then shows in the stamps.
    private let isReliable: Bool

    /// - Parameter files: absolute; they need not be there.
    package init(_ files: Set<FilePath>) {
        let stamps = Dictionary(uniqueKeysWithValues: files.map { ($0, FileStamp($0)) })
        let now = WallClock.nanoseconds()
        self.stamps = stamps
        isReliable = stamps.values.allSatisfy { $0?.isReliable(at: now) ?? true }
    }

    /// Whether the files are as they were.
    var areCurrent: Bool { isReliable && stamps.allSatisfy { FileStamp($0.key) == $0.value } }

    /// Where it would be noticed that they change.
    var places: SourcePlaces { SourcePlaces(files: Set(stamps.keys.flatMap { SymbolicLinks.way(to: $0) })) }
}

public import SecretaryCore
public import SystemPackage

/// Where a mount's files come from.
public protocol MountSource: Sendable {
    /// Reads the source. Decrypts nothing.
    /// - Parameter unsettled: files that somebody is writing at this moment: what they held before is taken instead.
    /// - Throws: what is wrong, naming file, line and column.
    func load(unsettled: Set<FilePath>) throws(SecretaryError) -> LoadedSource

    /// What is mounted, for people.
    var description: String { get }
}

/// A source as it was at one moment.
public struct LoadedSource: Sendable {
    public var files: [PlannedFile]
    /// Directories in which a change can change the files.
    public var directories: [FilePath]
    /// What is questionable but no error, a sentence each.
    public var warnings: [String]

    public init(files: [PlannedFile], directories: [FilePath], warnings: [String]) {
        self.files = files
        self.directories = directories
        self.warnings = warnings
    }
}

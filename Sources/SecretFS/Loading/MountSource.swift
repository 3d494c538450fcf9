public import SecretaryCore
public import SystemPackage

/// Where a mount's files come from.
public protocol MountSource: Sendable {
    /// Says what happened since the last reading, before the next: what nothing happened to need not be read again.
    func prepare(for news: SourceNews)

    /// Reads the source. Decrypts nothing.
    /// - Parameter unsettled: files that somebody is writing at this moment: what they held before is taken instead.
    /// - Throws: what is wrong, naming file, line and column.
    func load(unsettled: Set<FilePath>) throws(SecretaryError) -> LoadedSource

    /// Nobody wrote to the source while it was read last, so that nothing was read by halves.
    func confirm()
}

/// A source as it was at one moment.
public struct LoadedSource: Sendable {
    public var files: PlannedFiles
    /// Folders beside these, each with files of its own, or none.
    var folders: [[UInt8]: PlannedFiles] = [:]
    /// Where a change can change the files.
    var places: SourcePlaces
    /// Files that were read besides config files: of these, no earlier content is kept.
    public var auxiliaries: Set<FilePath>
    /// Whether something was written to a moment before, and was taken as it was when `confirm` was last called.
    public var isRestless: Bool
    /// What is questionable but no error, a sentence each.
    public var warnings: [String]
    /// The volumes that it consists of, if it does.
    var volumes: [VolumeStatus] = []
    /// Whether something is missing that may be back without anybody being told.
    var isIncomplete = false

    init(
        files: PlannedFiles, places: SourcePlaces, auxiliaries: Set<FilePath> = [], isRestless: Bool = false,
        warnings: [String] = []
    ) {
        self.files = files
        self.places = places
        self.auxiliaries = auxiliaries
        self.isRestless = isRestless
        self.warnings = warnings
    }
}

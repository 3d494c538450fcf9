public import SecretaryCore
public import SystemPackage

/// How a mount presents itself.
public struct MountSettings: Sendable {
    /// Absolute.
    public var mountpoint: FilePath
    /// What is mounted, for people.
    public var source: String
    /// What the table of mounts says is mounted; without commas and backslashes.
    public var tableName: String
    public var cache: CachePolicy
    /// Whether users besides the one who mounts are admitted; each file's mode then decides.
    public var allowOther: Bool
    /// Owner of the directories.
    public var owner: UInt32
    public var group: UInt32
    /// How long plaintext stays in memory after the last close.
    public var linger: Duration
    /// How long a reader waits when something outside has to answer.
    public var deadline: Duration
    /// How long a mount that begins waits for its source.
    public var sourcePatience: Duration
    /// Where opens are written down; `nil` for nowhere.
    public var audit: AuditSettings?
    /// Asked about readers' containers for the log; `nil` for nobody.
    public var engine: (any ContainerEngine)?
    /// A process with whose end the mount ends.
    public var companion: Int32?
    /// More threads than this never serve requests at once.
    public var servingThreads: Int
    /// What is not taken from workers.
    public var workerNeeds: WorkerNeeds
    /// Of the program, for `.secretary/status`.
    public var version: String

    public init(
        mountpoint: FilePath, source: String, tableName: String = "secretary", cache: CachePolicy, allowOther: Bool,
        owner: UInt32, group: UInt32, linger: Duration = .seconds(1), deadline: Duration = .seconds(5),
        sourcePatience: Duration = .seconds(120), audit: AuditSettings? = nil, companion: Int32? = nil,
        servingThreads: Int = 8, workerNeeds: WorkerNeeds = WorkerNeeds(), version: String
    ) {
        self.mountpoint = mountpoint
        self.source = source
        self.tableName = tableName
        self.cache = cache
        self.allowOther = allowOther
        self.owner = owner
        self.group = group
        self.linger = linger
        self.deadline = deadline
        self.sourcePatience = sourcePatience
        self.audit = audit
        self.companion = companion
        self.servingThreads = servingThreads
        self.workerNeeds = workerNeeds
        self.version = version
    }

    /// Mount options, as after `-o`.
    var kernelOptions: [String] {
        // Access is checked by the kernel from the modes; nothing there is to be executed, and nothing to be written.
        var options = [
            "ro", "nosuid", "nodev", "noexec", "default_permissions", "fsname=\(tableName)", "subtype=secretfs",
        ]
        if allowOther { options.append("allow_other") }
        return options
    }
}

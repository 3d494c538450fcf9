public import SystemPackage

/// Where an audit log goes.
public struct AuditSettings: Sendable {
    /// What has happened to a record of the file when `append` returns.
    public enum Sync: String, Sendable, CaseIterable {
        /// It is on the disk.
        case record
        /// It is in memory that outlives the process, and will be on the disk 5 ms later: a crash of the program does not take
        /// it, one of the machine may.
        case group
        /// It is the kernel's, which writes it to the disk in its own time.
        case none
    }

    /// The file with the chain of records; `nil` for none.
    public var file: FilePath?
    /// Who can verify the file with the private half; without one, the first key is put into a file beside it.
    public var auditor: PublicKey?
    public var sync = Sync.group
    /// A file that has become larger than this is closed, and another begun.
    public var maximumSize = 256 << 20
    /// After how many records there is a signature.
    public var checkpointInterval: UInt64 = 1000
    /// To the system's log, `/dev/log`.
    public var syslog = false
    public var standardOutput = false
    /// How long a sink may take to confirm a record.
    public var deadline = Duration.seconds(2)

    public init() {}

    /// Whether there is anywhere to write to.
    public var isEmpty: Bool { file == nil && !syslog && !standardOutput }
}

public import SystemPackage

/// What is wrong with a log, and where.
public struct AuditFault: Sendable, Hashable {
    public var file: FilePath
    /// Where the line begins that shows it.
    public var offset: UInt64
    /// The record's number; `nil` when it is not known.
    public var record: UInt64?
    public var what: String
}

/// What verifying a log has shown.
public struct AuditVerdict: Sendable {
    /// The first thing that is wrong; nothing behind it was looked at.
    public var fault: AuditFault?
    /// Records that the log itself says were lost.
    public var missing: UInt64 = 0
    /// What an auditor should know, in the order of the log.
    public var remarks: [String] = []
    public var log = ""
    public var firstRecord: UInt64 = 0
    public var lastRecord: UInt64 = 0
    public var firstTime = ""
    public var lastTime = ""
    /// Everything up to this record is signed, in one chain from the root key.
    public var signedUpTo: UInt64 = 0
    /// Whether every record's MAC was checked.
    public var isKeyed = false
    /// The public key that vouches for the first file given, in hexadecimal digits: to be written down elsewhere.
    public var root = ""
    /// The same for the file that follows.
    public var nextRoot = ""

    public var isIntact: Bool { fault == nil && missing == 0 }
}

/// How one sink of an audit log is.
public struct AuditSinkStatus: Sendable, Hashable {
    /// The file's path, `syslog` or `stdout`.
    public var name: String
    /// Records that it has confirmed.
    public var records: UInt64
    /// Why it confirms none at present; `nil` when it does.
    public var trouble: String?
    /// Records that it does not have, because it did not take them: another sink has them, or the readers were refused.
    public var missed: UInt64
}

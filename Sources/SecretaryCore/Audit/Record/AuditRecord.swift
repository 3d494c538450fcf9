/// One thing that happened, as the audit log keeps it.
///
/// Never holds a secret: a secret is told by its name, its scope, and the digest of its envelopes.
public struct AuditRecord: Sendable {
    public var event: AuditEvent
    /// Nanoseconds since 1970.
    public var time: Int64
    /// Where the secret is shown, or whatever else serves it.
    public var mount: String?
    /// The secret's path there.
    public var secret: String?
    /// Of everything encrypted in it, in hexadecimal digits: names the version of the value.
    public var digest: String?
    /// The scopes of its envelopes.
    public var scope: String?
    /// What was decided, and by which rule.
    public var decision: ReaderDecision?
    public var reader: ReaderProcess?
    /// Who asked, when it was not a process of this machine.
    public var task: AuditTask?
    /// The address that it was asked from.
    public var remote: String?
    /// Of the tree that the secret was found in.
    public var generation: UInt64?
    /// In words, why something failed or happened.
    public var reason: String?

    public init(_ event: AuditEvent, time: Int64 = WallClock.nanoseconds()) {
        self.event = event
        self.time = time
    }
}

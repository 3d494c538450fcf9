/// The record of who was let see which secret, which nobody can change afterwards without being found out.
///
/// Goes to one or several sinks. A record is confirmed by one of them before `append` returns; who asked for the secret
/// must not get it otherwise. No sink holds anybody up longer than the deadline.
public final class AuditLog: Sendable {
    /// - Throws: `.cannotCreate` when a sink cannot be written to, `.denied` for a file that others may change.
    public init(_ settings: AuditSettings) throws(SecretaryError) {}

    /// Returns when a sink has confirmed the record.
    /// - Throws: `.unavailable` when none has in time.
    public func append(_ record: AuditRecord) throws(SecretaryError) {}

    /// Writes the last record, signs everything, and ends.
    public func close(_ record: AuditRecord) throws(SecretaryError) {}

    /// How the sinks are, for `.secretary/status`.
    public var status: [AuditSinkStatus] { [] }
}

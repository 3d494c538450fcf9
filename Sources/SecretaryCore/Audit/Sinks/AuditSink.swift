/// What the file of an audit log is to those who append.
protocol AuditSink: AnyObject, Sendable {
    /// Takes a record.
    /// - Returns: why it is not confirmed; `nil` when it is.
    func write(_ record: AuditRecord) -> SecretaryError?

    /// Ends, and waits until everything is on the disk, unless it hangs.
    func stop() throws(SecretaryError)

    var status: AuditSinkStatus { get }
}

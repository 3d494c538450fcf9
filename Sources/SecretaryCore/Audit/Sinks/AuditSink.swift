/// What the file of an audit log is to those who append.
protocol AuditSink: AnyObject, Sendable {
    /// Takes records, in their order.
    /// - Returns: why they are not confirmed; `nil` when all are.
    func write(_ records: [AuditRecord]) -> SecretaryError?

    /// Ends, and waits until everything is on the disk, unless it hangs.
    func stop() throws(SecretaryError)

    var status: AuditSinkStatus { get }
}

/// What the file of an audit log is to those who append.
protocol AuditSink: AnyObject, Sendable {
    /// Takes records, in their order.
    /// - Parameter willWait: called before this takes longer than putting something in memory.
    /// - Returns: why they are not confirmed; `nil` when all are.
    func write(_ records: [AuditRecord], willWait: () -> Void) -> SecretaryError?

    /// Ends, and waits until everything is on the disk, unless it hangs.
    func stop() throws(SecretaryError)

    var status: AuditSinkStatus { get }
}

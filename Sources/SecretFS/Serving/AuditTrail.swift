internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// Writes down which reader was let have which secret of this mount, and why.
final class AuditTrail: Sendable {
    private let settings: AuditSettings
    private let mount: String
    private let backlog: AuditBacklog?
    /// Opened once nobody else writes to it.
    private let log = Mutex<AuditLog?>(nil)

    /// - Parameter backlog: where records wait; what another process has left there is written first.
    /// - Returns: `nil` when the mount has none.
    init?(_ settings: MountSettings, backlog: AuditBacklog? = nil) {
        guard let audit = settings.audit else { return nil }
        self.settings = audit
        mount = settings.mountpoint.string
        self.backlog = backlog
    }

    /// Opens the log, and writes down that the mount begins, or that another worker goes on.
    /// - Throws: `.cannotCreate` and others when the log cannot be written to; then nothing is let out.
    func begin(_ event: AuditEvent, generation: UInt64) throws(SecretaryError) {
        var record = AuditRecord(event)
        record.mount = mount
        record.generation = generation
        try append(record, opening: true)
    }

    /// Writes down that this process ends.
    func end() {
        guard let log = log.withLock({ $0.take() }) else { return }
        var record = AuditRecord(.stop)
        record.mount = mount
        try? log.close(record)
    }

    /// How the sinks are.
    var status: [AuditSinkStatus] {
        log.withLock { $0 }?.status ?? []
    }

    /// Returns when the record is confirmed: nothing may be let out before.
    /// - Parameter generation: of the tree that the file was found in.
    func note(
        _ verdict: Verdict, on reader: ReaderProcess, of file: SecretFile, generation: UInt64
    ) throws(SecretaryError) {
        var record = record(verdict.refusal == nil ? .open : .denied, reader, file, generation)
        record.decision = verdict.decision
        try append(record)
    }

    /// An open that was allowed has led to nothing.
    ///
    /// Nothing was let out, so it does not matter here whether anybody confirms it.
    func note(
        _ error: SecretaryError, for reader: ReaderProcess, of file: SecretFile, generation: UInt64
    ) {
        var record = record(.failed, reader, file, generation)
        record.reason = error.message
        try? append(record)
    }

    /// - Parameter opening: whether to wait for a writer that is about to end.
    private func append(_ record: AuditRecord, opening: Bool = false) throws(SecretaryError) {
        let log = try log.withLock { (log) throws(SecretaryError) in
            if let log { return log }
            // What kept it from being opened may be over.
            let new = try AuditLog(settings, backlog: backlog, patience: opening ? .seconds(2) : .zero)
            log = new
            return new
        }
        var record = record
        // The log's own records come first.
        if opening { record.time = WallClock.nanoseconds() }
        try log.append(record)
    }

    private func record(
        _ event: AuditEvent, _ reader: ReaderProcess, _ file: SecretFile, _ generation: UInt64
    ) -> AuditRecord {
        var record = AuditRecord(event)
        record.mount = mount
        record.secret = file.path
        record.digest = file.version
        record.scope = file.scopeText
        record.reader = reader
        record.generation = generation
        return record
    }
}

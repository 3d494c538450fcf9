internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// Writes down which reader was let have which secret of this mount, and why.
final class AuditTrail: Sendable {
    private let settings: AuditSettings
    private let mount: String
    private let backlog: AuditBacklog?
    private let state = Mutex(State())

    private struct State {
        /// Opened once nobody else writes to it.
        var log: AuditLog?
        /// How long a writer before this one may take to end; that it is in vain is found out once.
        var patience = Duration.seconds(2)
        var hasEnded = false
    }

    /// - Parameter backlog: where records wait; what another process has left there is written first.
    /// - Returns: `nil` when the mount has none.
    init?(_ settings: MountSettings, backlog: AuditBacklog? = nil) {
        guard let audit = settings.audit else { return nil }
        self.settings = audit
        mount = settings.mountpoint.string
        self.backlog = backlog
    }

    /// Opens the log, and writes down that the mount begins.
    /// - Throws: `.cannotCreate` and others when the log cannot be written to; then nothing is let out.
    func begin(generation: UInt64) throws(SecretaryError) {
        try begin(.start, generation: generation)
    }

    /// Goes on with the log of another worker, beside the requests: one that was killed keeps the log until its last thread
    /// has got an answer from this one.
    /// - Throws: `.system` when there can be no thread.
    func resume(generation: UInt64) throws(SecretaryError) {
        try BackgroundThread.detach { try? self.begin(.resume, generation: generation) }
    }

    private func begin(_ event: AuditEvent, generation: UInt64) throws(SecretaryError) {
        let log = try open()
        var record = AuditRecord(event)
        record.mount = mount
        record.generation = generation
        try log.append(record)
    }

    /// Writes down that this process ends.
    func end() {
        let log = state.withLock { state in
            state.hasEnded = true
            return state.log.take()
        }
        var record = AuditRecord(.stop)
        record.mount = mount
        try? log?.close(record)
    }

    /// How the sinks are; empty while the log is being opened.
    var status: [AuditSinkStatus] {
        (state.withLockIfAvailable { $0.log } ?? nil)?.status ?? []
    }

    /// Returns when the record is confirmed: nothing may be let out before.
    /// - Parameters:
    ///   - generation: of the tree that the file was found in.
    ///   - willWait: called before this may take long.
    func note(
        _ verdict: Verdict, on reader: ReaderProcess, of file: SecretFile, generation: UInt64, willWait: () -> Void
    ) throws(SecretaryError) {
        var record = record(verdict.refusal == nil ? .open : .denied, reader, file, generation)
        record.decision = verdict.decision
        try open(willWait).append(record, willWait: willWait)
    }

    /// An open that was allowed has led to nothing.
    ///
    /// Nothing was let out, so it does not matter here whether anybody confirms it.
    func note(
        _ error: SecretaryError, for reader: ReaderProcess, of file: SecretFile, generation: UInt64
    ) {
        var record = record(.failed, reader, file, generation)
        record.reason = error.message
        try? open().append(record)
    }

    /// The log; opened by whoever needs it first.
    private func open(_ willWait: () -> Void = {}) throws(SecretaryError) -> AuditLog {
        if let log = state.withLockIfAvailable({ $0.log }) ?? nil { return log }
        willWait()
        return try state.withLock { (state) throws(SecretaryError) in
            if let log = state.log { return log }
            guard !state.hasEnded else { throw SecretaryError(.io, "the mount ends") }
            defer { state.patience = .zero }
            // What kept it from being opened may be over.
            let log = try AuditLog(settings, backlog: backlog, patience: state.patience)
            state.log = log
            return log
        }
    }

    private func record(
        _ event: AuditEvent, _ reader: ReaderProcess, _ file: SecretFile, _ generation: UInt64
    ) -> AuditRecord {
        var record = AuditRecord(event)
        record.mount = mount
        record.secret = file.path
        record.digest = file.versionText
        record.scope = file.scopeText
        record.reader = reader
        record.generation = generation
        return record
    }
}

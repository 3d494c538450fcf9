internal import SystemPackage

/// The file of an audit log, written for many records at once by a thread of its own.
///
/// A record is confirmed when it is in the backlog, which outlives this process. When that cannot be written, no further record
/// is confirmed until it can.
final class AuditGroupSink: AuditSink {
    /// How those who append and the thread that writes stand.
    struct State {
        /// Whether something waits to be written.
        var hasWork = false
        /// Whether somebody waits for that.
        var isUrgent = false
        /// How often it was tried.
        var attempts: UInt64 = 0
        /// Since when it is being tried.
        var busySince: ContinuousClock.Instant?
        /// Why the last attempt failed.
        var trouble: SecretaryError?
        var isStopped = false
        var hasEnded = false
        var confirmed: UInt64 = 0
        var missed: UInt64 = 0
    }

    private enum Outcome {
        case confirmed
        case refused(SecretaryError)
    }

    private let state = Monitor(State())
    private let backlog: AuditBacklog
    private let path: FilePath
    private let deadline: Duration
    private let thread: BackgroundThread

    /// Opens the file, and writes what a process has left that was killed.
    /// - Parameters: as of `AuditFileSink`.
    init(
        _ settings: AuditSettings, _ path: FilePath, _ backlog: AuditBacklog, deadline: Duration, patience: Duration,
        copy: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) throws(SecretaryError) {
        self.path = path
        self.deadline = deadline
        self.backlog = backlog
        let writer = try AuditFileWriter(settings, path, backlog: backlog, patience: patience, copy: copy)
        let writing = AuditGroupWriting(state: state, backlog: backlog, writer: writer)
        if !backlog.isEmpty { writing.write() }
        thread = try BackgroundThread { while writing.next() {} }
    }

    func write(_ records: [AuditRecord], willWait: () -> Void) -> SecretaryError? {
        for record in records {
            if let error = write(record, willWait) { return error }
        }
        return nil
    }

    private func write(_ record: AuditRecord, _ willWait: () -> Void) -> SecretaryError? {
        var members = AuditText(capacity: 1024)
        members.add(record)
        // The attempt that decides when the record cannot be taken at once.
        var decisive: UInt64?
        let outcome: Outcome? = state.wait(for: deadline) { state in
            if state.isStopped { return .refused(SecretaryError(.io, "\(path) has been closed")) }
            if isLate(state) { return .refused(late) }
            if state.trouble == nil, backlog.add(record.event, at: record.time, members) {
                state.confirmed += 1
                if !state.hasWork {
                    state.hasWork = true
                    self.state.notify()
                }
                return .confirmed
            }
            if let trouble = state.trouble, let decisive, state.attempts >= decisive { return .refused(trouble) }
            if decisive == nil { willWait() }
            decisive = decisive ?? state.attempts + (state.busySince == nil ? 1 : 2)
            state.isUrgent = true
            self.state.notify()
            return nil
        }
        if case .confirmed? = outcome { return nil }
        state.withLock { $0.missed += 1 }
        if case .refused(let error)? = outcome { return error }
        return late
    }

    private func isLate(_ state: State) -> Bool {
        guard let since = state.busySince else { return false }
        return ContinuousClock.now - since > deadline
    }

    private var late: SecretaryError {
        SecretaryError(.io, "\(path) has not answered for \(deadline)")
    }

    func stop() throws(SecretaryError) {
        state.withLock { $0.isStopped = true }
        state.notify()
        guard state.wait(for: deadline, { $0.hasEnded ? true : nil }) == true else { throw late }
        thread.join()
        if let trouble = state.withLock({ $0.trouble }) { throw trouble }
    }

    var status: AuditSinkStatus {
        state.withLock { state in
            AuditSinkStatus(
                name: path.string, records: state.confirmed,
                trouble: isLate(state) ? late.message : state.trouble?.message, missed: state.missed)
        }
    }
}

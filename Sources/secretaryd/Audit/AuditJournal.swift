import SecretaryCore
import Synchronization

/// The audit log as requests see it: they wait for it without holding up a thread, and all that wait at one moment share one
/// write and one wait for the disk.
///
/// One thread writes. What it does not confirm within the deadline has failed, whatever becomes of it.
final class AuditJournal: Sendable {
    /// What one request wants written.
    private final class Entry: Sendable {
        let records: [AuditRecord]
        let begun = ContinuousClock.now
        private let waiting: Mutex<CheckedContinuation<SecretaryError?, Never>?>

        init(_ records: [AuditRecord], _ continuation: CheckedContinuation<SecretaryError?, Never>) {
            self.records = records
            waiting = Mutex(continuation)
        }

        /// Only the first answer counts.
        func answer(_ error: SecretaryError?) {
            waiting.withLock { $0.take() }?.resume(returning: error)
        }
    }

    private struct State {
        var queue: [Entry] = []
        /// What is being written.
        var current: [Entry] = []
        var isStopped = false
        /// Whether somebody will look at what takes too long.
        var isWatched = false
        /// Why the last write failed.
        var trouble: SecretaryError?
        /// When that was last looked into.
        var probed = ContinuousClock.now
    }

    /// So many records are written at once at most: others do not wait for all of them.
    private static let batch = 4096
    /// More do not wait: the disk is too slow for what comes.
    private static let capacity = 16_384

    private let log: AuditLog
    private let deadline: Duration
    private let state = Monitor(State())
    private let thread: BackgroundThread

    /// - Throws: as `AuditLog`.
    init(_ settings: AuditSettings) throws(SecretaryError) {
        let log = try AuditLog(settings)
        self.log = log
        deadline = settings.deadline
        let state = state
        thread = try BackgroundThread { while Self.writeNext(of: state, to: log) {} }
    }

    /// Returns when a sink has confirmed the records.
    /// - Throws: `.io` when none has in time; nothing may be let out then.
    func write(_ records: [AuditRecord]) async throws(SecretaryError) {
        guard !records.isEmpty else { return }
        let error: SecretaryError? = await withCheckedContinuation { continuation in
            let entry = Entry(records, continuation)
            let refusal: SecretaryError? = state.withLock { state in
                if state.isStopped { return SecretaryError(.io, "the audit log has been closed") }
                if let late = late(state) { return late }
                guard state.queue.count < Self.capacity else {
                    return SecretaryError(.io, "too many records wait for the audit log")
                }
                state.queue.append(entry)
                if !state.isWatched {
                    state.isWatched = true
                    watch()
                }
                return nil
            }
            if let refusal { entry.answer(refusal) } else { state.notify() }
        }
        if let error { throw error }
    }

    /// Why nothing is confirmed at present; `nil` when all is well.
    var trouble: SecretaryError? {
        state.withLock { state in late(state) ?? state.trouble }
    }

    /// While nothing is confirmed, tries once a second whether that is over.
    ///
    /// Who finds the daemon not ready sends no requests, which would find it out.
    func probe() {
        let isDue = state.withLock { state in
            guard state.trouble != nil, state.current.isEmpty, ContinuousClock.now - state.probed > .seconds(1) else {
                return false
            }
            state.probed = .now
            return true
        }
        guard isDue else { return }
        var record = AuditRecord(.failed)
        record.reason = "requests before this were refused: they could not be written down"
        Task { [record] in try? await write([record]) }
    }

    /// How the sinks are.
    var sinks: [AuditSinkStatus] { log.status }

    /// Writes the last record, signs everything, and ends.
    func close(_ record: AuditRecord) throws(SecretaryError) {
        state.withLock { $0.isStopped = true }
        state.notify()
        let isIdle = state.wait(for: deadline) { $0.queue.isEmpty && $0.current.isEmpty ? true : nil }
        guard isIdle == true else { throw SecretaryError(.io, "the audit log has not answered for \(deadline)") }
        thread.join()
        try log.close(record)
    }

    private func late(_ state: State) -> SecretaryError? {
        guard let oldest = state.current.first, ContinuousClock.now - oldest.begun > deadline else { return nil }
        return SecretaryError(.io, "the audit log has not answered for \(deadline)")
    }

    // MARK: Writing

    /// - Returns: `false` when nothing will come any more.
    private static func writeNext(of state: Monitor<State>, to log: AuditLog) -> Bool {
        let entries: [Entry]? = state.wait { state in
            if state.queue.isEmpty { return state.isStopped ? [] : nil }
            var count = 0
            let end = state.queue.firstIndex { entry in
                count += entry.records.count
                return count > batch
            }
            let taken = Array(state.queue[..<max(1, end ?? state.queue.count)])
            state.queue.removeFirst(taken.count)
            state.current = taken
            return taken
        }
        guard let entries, !entries.isEmpty else { return false }
        var failure: SecretaryError?
        do throws(SecretaryError) {
            try log.append(entries.flatMap(\.records))
        } catch {
            failure = error
        }
        state.withLock { state in
            state.current = []
            state.trouble = failure
        }
        for entry in entries { entry.answer(failure) }
        if state.withLock({ $0.isStopped }) { state.notify() }
        return true
    }

    // MARK: What takes too long

    /// Looks whenever the time of the one who has waited longest is over, as long as somebody waits.
    private func watch() {
        Task { [state, deadline] in
            var rest = deadline
            while true {
                try? await Task.sleep(for: rest)
                let late: [Entry]? = state.withLock { state in
                    guard !state.queue.isEmpty || !state.current.isEmpty else {
                        state.isWatched = false
                        return nil
                    }
                    let now = ContinuousClock.now
                    let waiting = state.current + state.queue
                    let late = waiting.filter { now - $0.begun >= deadline }
                    let next = waiting.first { now - $0.begun < deadline }
                    rest = next.map { deadline - (now - $0.begun) } ?? deadline
                    state.queue.removeAll { now - $0.begun >= deadline }
                    return late
                }
                guard let late else { return }
                let error = SecretaryError(.io, "the audit log has not answered for \(deadline)")
                for entry in late { entry.answer(error) }
            }
        }
    }
}

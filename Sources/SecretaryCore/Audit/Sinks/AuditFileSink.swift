internal import SystemPackage

/// The file of an audit log, for many threads at once.
///
/// Those who append take turns: one writes for all that wait, in one call, and none waits for more than that. On a disk of
/// this machine it is one of them who writes, as handing over to another thread would cost more than the writing. A file
/// system that may hang, such as one on the network, is only touched by a thread of its own.
final class AuditFileSink: AuditSink, @unchecked Sendable {  // `writer` is only used by whoever has set `busySince`
    private struct State {
        var waiting: [(ticket: UInt64, records: [AuditRecord])] = []
        var lastTicket: UInt64 = 0
        /// Everything up to this one has been written, or has failed.
        var finished: UInt64 = 0
        var failures: [UInt64: SecretaryError] = [:]
        /// Nobody waits for these any more.
        var abandoned: Set<UInt64> = []
        /// Since when somebody is writing.
        var busySince: ContinuousClock.Instant?
        var isStopped = false
        var confirmed: UInt64 = 0
        var missed: UInt64 = 0
        var trouble: String?
    }

    private let state = Monitor(State())
    private let writer: AuditFileWriter
    private let path: FilePath
    private let deadline: Duration
    private let thread: BackgroundThread?

    /// - Parameters:
    ///   - deadline: how long a record may take.
    ///   - patience: how long to wait for another writer.
    ///   - copy: gets the lines that have been written.
    init(
        _ settings: AuditSettings, _ path: FilePath, deadline: Duration, patience: Duration,
        copy: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) throws(SecretaryError) {
        self.path = path
        self.deadline = deadline
        let writer = try AuditFileWriter(settings, path, patience: patience, copy: copy)
        self.writer = writer
        guard writer.mayHang else {
            thread = nil
            return
        }
        let turns = Turns(state: state, writer: writer)
        thread = try BackgroundThread { while turns.take(waiting: true) {} }
    }

    func write(_ records: [AuditRecord], willWait: () -> Void) -> SecretaryError? {
        willWait()
        let ticket: UInt64? = state.withLock { state in
            if let since = state.busySince, ContinuousClock.now - since > deadline { return nil }
            state.lastTicket += 1
            state.waiting.append((state.lastTicket, records))
            return state.lastTicket
        }
        guard let ticket else { return late(records.count) }
        if thread != nil { state.notify() }
        while true {
            let isFinished: Bool? = state.wait(for: deadline) { state in
                if state.finished >= ticket { return true }
                return thread == nil && state.busySince == nil ? false : nil
            }
            switch isFinished {
            case true?: return state.withLock { $0.failures.removeValue(forKey: ticket) }
            case false?: _ = Turns(state: state, writer: writer).take(waiting: false)
            case nil:
                state.withLock { state in
                    state.waiting.removeAll { $0.ticket == ticket }
                    state.abandoned.insert(ticket)
                }
                return late(records.count)
            }
        }
    }

    private func late(_ count: Int) -> SecretaryError {
        let error = SecretaryError(.io, "\(path) has not answered for \(deadline)")
        state.withLock { state in
            state.missed += UInt64(count)
            state.trouble = error.message
        }
        return error
    }

    func stop() throws(SecretaryError) {
        let isBusy = state.withLock { state in
            state.isStopped = true
            return state.busySince != nil
        }
        state.notify()
        guard !isBusy else { throw late(0) }
        thread?.join()
        try writer.sync()
    }

    var status: AuditSinkStatus {
        state.withLock { state in
            var trouble = state.trouble
            if let since = state.busySince, ContinuousClock.now - since > deadline {
                trouble = "it has not answered for \((ContinuousClock.now - since).components.seconds) s"
            }
            return AuditSinkStatus(
                name: path.string, records: state.confirmed, trouble: trouble, missed: state.missed)
        }
    }

    /// The turns of those who write.
    private struct Turns: @unchecked Sendable {  // as the sink
        let state: Monitor<State>
        let writer: AuditFileWriter

        /// Writes all that waits now.
        /// - Parameter waiting: whether to wait until something does.
        /// - Returns: `false` when the sink has been stopped.
        func take(waiting: Bool) -> Bool {
            let batch: [(ticket: UInt64, records: [AuditRecord])]? = state.wait(for: waiting ? nil : .zero) { state in
                if state.waiting.isEmpty, state.isStopped { return [] }
                guard state.busySince == nil, !state.waiting.isEmpty else { return nil }
                state.busySince = .now
                defer { state.waiting = [] }
                return state.waiting
            }
            guard let batch, let last = batch.last else { return batch == nil }
            var failure: SecretaryError?
            do throws(SecretaryError) {
                try writer.write(batch.flatMap(\.records))
            } catch {
                failure = error
            }
            state.withLock { state in
                state.busySince = nil
                state.finished = last.ticket
                state.trouble = failure?.message
                for (ticket, records) in batch {
                    let count = UInt64(records.count)
                    if failure == nil { state.confirmed += count } else { state.missed += count }
                    if state.abandoned.remove(ticket) == nil, let failure { state.failures[ticket] = failure }
                }
            }
            state.notify()
            return true
        }
    }
}

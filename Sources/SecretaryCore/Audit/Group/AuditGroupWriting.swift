/// What the thread of an `AuditGroupSink` does: from the first record on it waits for a moment, and writes all that came.
struct AuditGroupWriting: @unchecked Sendable {  // `writer` is used by one thread
    let state: Monitor<AuditGroupSink.State>
    let backlog: AuditBacklog
    let writer: AuditFileWriter

    /// How long records are gathered; the rest of the 5 ms is for writing them.
    private static let delay = Duration.milliseconds(4)
    /// When what could not be written is tried again, if nobody asks before.
    private static let retry = Duration.seconds(1)

    /// - Returns: `false` when the sink has been stopped.
    func next() -> Bool {
        // An idle log has no timer.
        let isBlocked: Bool? = state.wait { state in
            state.hasWork || state.isUrgent || state.isStopped ? state.trouble != nil : nil
        }
        _ = state.wait(for: isBlocked == true ? Self.retry : Self.delay) { $0.isUrgent || $0.isStopped ? true : nil }
        let isLast = state.withLock { $0.isStopped }
        write()
        guard isLast else { return true }
        state.withLock { $0.hasEnded = true }
        state.notify()
        return false
    }

    /// Writes everything that is there.
    func write() {
        state.withLock { state in
            state.busySince = .now
            state.isUrgent = false
        }
        var trouble: SecretaryError?
        do throws(SecretaryError) {
            // Both halves: one may be left from an attempt before.
            for _ in 0..<2 where state.withLock({ _ in backlog.turn() }) { try writer.write(backlog) }
            try writer.sync()
        } catch {
            trouble = error
        }
        state.withLock { state in
            state.busySince = nil
            state.attempts += 1
            state.trouble = trouble
            state.hasWork = trouble != nil || !backlog.isEmpty
        }
        state.notify()
    }
}

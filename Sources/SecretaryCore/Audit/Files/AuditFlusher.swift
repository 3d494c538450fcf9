internal import Glibc

/// Brings what was written to the disk a moment later, for all records of that moment at once.
final class AuditFlusher: Sendable {
    private struct State {
        /// What was written to since the last time.
        var file: AuditOpenFile?
        var isStopped = false
        var trouble: SecretaryError?
    }

    private let state = Monitor(State())
    private let thread: BackgroundThread

    /// How much later.
    static let delay = Duration.milliseconds(5)

    /// Starts the thread that does it.
    init(_ stateFile: AuditStateFile) throws(SecretaryError) {
        thread = try BackgroundThread { [state, stateFile] in
            while Self.flushNext(state, stateFile) {}
        }
    }

    /// Ends the thread; to be called once.
    func stop() {
        state.withLock { $0.isStopped = true }
        state.notify()
        thread.join()
    }

    /// - Throws: what went wrong the last time: what was written then may not be on the disk.
    func note(_ file: AuditOpenFile) throws(SecretaryError) {
        let (isFirst, trouble) = state.withLock { state in
            defer {
                state.file = file
                state.trouble = nil
            }
            return (state.file == nil, state.trouble)
        }
        if isFirst { state.notify() }
        if let trouble { throw trouble }
    }

    private static func flushNext(_ state: Monitor<State>, _ stateFile: AuditStateFile) -> Bool {
        // An idle log has no timer.
        let isStopped = state.wait { $0.isStopped ? true : $0.file == nil ? nil : false }
        if isStopped != false { return false }
        _ = state.wait(for: delay) { $0.isStopped ? true : nil }
        let file = state.withLock { state in
            defer { state.file = nil }
            return state.file
        }
        do throws(SecretaryError) {
            try file?.sync()
            // After the log: on the disk, too, the state is rather behind it than ahead.
            try stateFile.file.sync()
        } catch {
            state.withLock { $0.trouble = error }
        }
        return true
    }
}

internal import Glibc
internal import SystemPackage

/// A sink that takes lines and keeps no chain: standard output or the system's log.
///
/// A thread of its own writes, so that a reader waits no longer than the deadline, whatever is at the other end.
final class AuditStreamSink: Sendable {
    private struct State {
        var waiting: [(line: [UInt8], confirmation: Confirmation?)] = []
        var isStopped = false
        var confirmed: UInt64 = 0
        var missed: UInt64 = 0
        var trouble: String?
    }

    let name: String
    private let state: Monitor<State>
    private let thread: BackgroundThread

    /// More lines than this do not wait: the sink has missed them.
    private static let capacity = 4096

    /// - Parameter output: used by the sink's thread alone.
    init(_ name: String, _ output: sending any AuditOutput, deadline: Duration) throws(SecretaryError) {
        self.name = name
        let state = Monitor(State())
        self.state = state
        let work = Work(state: state, output: output, deadline: deadline)
        thread = try BackgroundThread { while work.next() {} }
    }

    /// Hands a line over.
    /// - Parameter confirmation: is told what became of it.
    func offer(_ line: some Sequence<UInt8>, _ confirmation: Confirmation? = nil) {
        let isTaken = state.withLock { state in
            guard state.waiting.count < Self.capacity else {
                state.missed += 1
                return false
            }
            state.waiting.append((Array(line), confirmation))
            return true
        }
        if isTaken { state.notify() } else { confirmation?.fail("\(name) has too much to write") }
    }

    /// Ends the thread when it has written what waits, or cannot.
    func stop() {
        state.withLock { $0.isStopped = true }
        state.notify()
        thread.join()
    }

    var status: AuditSinkStatus {
        state.withLock { state in
            AuditSinkStatus(name: name, records: state.confirmed, trouble: state.trouble, missed: state.missed)
        }
    }

    private struct Work: @unchecked Sendable {  // `output` is used by one thread
        let state: Monitor<State>
        let output: any AuditOutput
        let deadline: Duration

        /// - Returns: `false` when the sink has been stopped.
        func next() -> Bool {
            let next: (line: [UInt8], confirmation: Confirmation?)?? = state.wait { state in
                if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
                return state.isStopped ? .some(nil) : nil
            }
            guard case .some(.some(let item)) = next else { return false }
            do throws(SecretaryError) {
                try output.write(item.line, within: deadline)
                item.confirmation?.succeed()
                state.withLock { state in
                    state.confirmed += 1
                    state.trouble = nil
                }
            } catch {
                item.confirmation?.fail(error.message)
                state.withLock { state in
                    state.missed += 1
                    state.trouble = error.message
                    // It is of no use to wait once more for each of those behind.
                    if state.isStopped { state.waiting = [] }
                }
            }
            return true
        }
    }
}

/// Whether one of several sinks has a record.
final class Confirmation: Sendable {
    private struct State {
        var isConfirmed = false
        var outstanding: Int
        var failures: [String] = []
    }

    private let state: Monitor<State>

    init(sinks: Int) {
        state = Monitor(State(outstanding: sinks))
    }

    func succeed() {
        state.withLock { $0.isConfirmed = true }
        state.notify()
    }

    func fail(_ reason: String) {
        state.withLock { state in
            state.outstanding -= 1
            state.failures.append(reason)
        }
        state.notify()
    }

    /// - Returns: the sinks' reasons; `nil` when one has confirmed.
    func wait(for duration: Duration) -> [String]? {
        let isConfirmed = state.wait(for: duration) { state in
            state.isConfirmed ? true : state.outstanding == 0 ? false : nil
        }
        if isConfirmed == true { return nil }
        return state.withLock { $0.failures + (isConfirmed == nil ? ["no answer within \(duration)"] : []) }
    }
}

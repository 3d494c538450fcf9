import Glibc
import Logging
import SecretaryCore

/// Lines on standard error, written by a thread of its own: whoever reads them, or does not, holds up no request.
struct ErrorLog: LogHandler {
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info
    private let writer: Writer

    /// - Throws: `.system` when there can be no more threads.
    init() throws(SecretaryError) {
        writer = try Writer()
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level: String =
            switch event.level {
            case .trace, .debug, .info: ""
            case .notice: "note: "
            case .warning: "warning: "
            case .error, .critical: "error: "
            }
        // A line break would begin what looks like a line of ours.
        let text = String(event.message.description.map { $0.isNewline ? " " : $0 })
        writer.add("secretaryd: \(level)\(text)\n")
    }

    /// Writes what waits, for a moment at most.
    func flush() { writer.flush() }

    private final class Writer: Sendable {
        private struct State {
            var lines: [String] = []
            var dropped = 0
            var isWriting = false
        }

        /// More lines do not wait.
        private static let capacity = 1000
        private let state: Monitor<State>

        init() throws(SecretaryError) {
            let state = Monitor(State())
            self.state = state
            try BackgroundThread.detach { while true { Self.writeNext(state) } }
        }

        func add(_ line: String) {
            state.withLock { state in
                if state.lines.count < Self.capacity { state.lines.append(line) } else { state.dropped += 1 }
            }
            state.notify()
        }

        func flush() {
            _ = state.wait(for: .seconds(1)) { $0.lines.isEmpty && !$0.isWriting ? true : nil }
        }

        private static func writeNext(_ state: Monitor<State>) {
            let lines: [String]? = state.wait { state in
                guard !state.lines.isEmpty else { return nil }
                var lines = state.lines
                if state.dropped > 0 { lines.append("secretaryd: warning: \(state.dropped) lines are missing here\n") }
                state.lines = []
                state.dropped = 0
                state.isWriting = true
                return lines
            }
            for line in lines ?? [] {
                let bytes = Array(line.utf8)
                _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
            }
            state.withLock { $0.isWriting = false }
            state.notify()
        }
    }
}

internal import Glibc
package import Logging
package import SecretaryCore

/// Lines on standard error, written by a thread of its own: whoever reads them, or does not, holds up no request.
package struct ErrorLog: LogHandler {
    package var metadata = Logger.Metadata()
    package var logLevel = Logger.Level.info
    private let program: String
    private let writer: Writer

    /// - Parameter program: what each line begins with.
    /// - Throws: `.system` when there can be no more threads.
    package init(of program: String) throws(SecretaryError) {
        self.program = program
        writer = try Writer(of: program)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let level: String =
            switch event.level {
            case .trace, .debug, .info: ""
            case .notice: "note: "
            case .warning: "warning: "
            case .error, .critical: "error: "
            }
        // A line break would begin what looks like a line of ours.
        let text = String(event.message.description.map { $0.isNewline ? " " : $0 })
        writer.add("\(program): \(level)\(text)\n")
    }

    /// Writes what waits, for a moment at most.
    package func flush() { writer.flush() }

    private final class Writer: Sendable {
        private struct State {
            var lines: [String] = []
            var dropped = 0
            var isWriting = false
        }

        /// More lines do not wait.
        private static let capacity = 1000
        private let state: Monitor<State>

        init(of program: String) throws(SecretaryError) {
            let state = Monitor(State())
            self.state = state
            try BackgroundThread.detach { while true { Self.writeNext(state, of: program) } }
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

        private static func writeNext(_ state: Monitor<State>, of program: String) {
            let lines: [String]? = state.wait { state in
                guard !state.lines.isEmpty else { return nil }
                var lines = state.lines
                if state.dropped > 0 { lines.append("\(program): warning: \(state.dropped) lines are missing here\n") }
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

internal import Glibc

/// A worker that the supervisor looks after, and where it stands.
struct Charge {
    let process: WorkerProcess
    var phase = WorkerProcess.Phase.starting
    /// Since when it is stopped (`SIGSTOP`).
    var stopped: ContinuousClock.Instant?
    /// When it is killed unless it has done what it is to do.
    var deadline: ContinuousClock.Instant?
    /// Why it says that it cannot go on.
    var complaint: String?

    /// How long a worker may be stopped, or take to end, before it is killed.
    static let patience: Duration = .seconds(5)

    /// When it is killed as things stand.
    var limit: ContinuousClock.Instant? {
        [deadline, stopped.map { $0 + Self.patience }].compactMap(\.self).min()
    }

    /// Whether it has not done in time what it is to do.
    var isLate: Bool { deadline.map { $0 <= .now } ?? false }

    /// What it says, if there is anything that was not heard yet.
    func nextMessage() -> ControlSocket.Message? {
        guard case .message(let message) = process.control.receive(waiting: false) else { return nil }
        return message
    }

    /// Has it finish what is under way and end.
    mutating func dismiss() {
        process.control.send(.end)
        isEnding()
    }

    /// It ends, told or by itself.
    mutating func isEnding() {
        phase = .ending
        deadline = .now + Self.patience
    }

    mutating func kill() {
        process.kill(SIGKILL)
        deadline = nil
        stopped = nil
    }
}

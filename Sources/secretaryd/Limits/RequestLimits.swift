import SecretaryCore
import Synchronization

/// Counts what is being worked on, and refuses what is too much.
///
/// The limits of a task are asked only when the request has proved to come from it: nobody can use up another one's share.
final class RequestLimits: Sendable {
    private struct Share {
        var inFlight = 0
        var bucket: TokenBucket?
    }

    private struct State {
        var settings: LimitSettings
        var inFlight = 0
        var bucket: TokenBucket?
        var tasks: [TaskClaim: Share] = [:]
        /// Bytes of bodies that are being received.
        var bodies = 0
    }

    /// So many bytes of a body do not count: requests of usual size go through when large ones have filled all the room.
    private static let usualBodySize = 32 << 10
    /// Tasks that are not working any more are forgotten when there are more.
    private static let rememberedTasks = 10_000

    private let state: Mutex<State>

    init(_ settings: LimitSettings) {
        state = Mutex(State(settings: settings))
    }

    var settings: LimitSettings { state.withLock { $0.settings } }

    func replace(with settings: LimitSettings) {
        state.withLock { state in
            state.settings = settings
            state.bucket = nil
            for key in state.tasks.keys { state.tasks[key]?.bucket = nil }
        }
    }

    var inFlight: Int { state.withLock { $0.inFlight } }

    // MARK: Everybody

    /// To be followed by `leave`.
    func enter() throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            guard state.inFlight < state.settings.inFlight else {
                return Refusal(.overloaded, "\(state.inFlight) requests are being worked on")
            }
            if let rate = state.settings.rate {
                var bucket = state.bucket ?? TokenBucket(rate: rate)
                defer { state.bucket = bucket }
                guard bucket.take(rate: rate) else {
                    return Refusal(.overloaded, "more than \(rate) requests a second")
                }
            }
            state.inFlight += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave() {
        state.withLock { $0.inFlight -= 1 }
    }

    // MARK: One task

    /// To be followed by `leave(_:)`.
    func enter(_ task: TaskClaim) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            var share = state.tasks[task] ?? Share()
            defer { state.tasks[task] = share }
            guard share.inFlight < state.settings.taskInFlight else {
                return Refusal(.busy, "\(share.inFlight) requests of the task are being worked on")
            }
            if let rate = state.settings.taskRate {
                var bucket = share.bucket ?? TokenBucket(rate: rate)
                defer { share.bucket = bucket }
                guard bucket.take(rate: rate) else { return Refusal(.busy, "more than \(rate) requests a second") }
            }
            share.inFlight += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(_ task: TaskClaim) {
        state.withLock { state in
            state.tasks[task]?.inFlight -= 1
            if state.settings.taskRate == nil {
                if state.tasks[task]?.inFlight == 0 { state.tasks[task] = nil }
            } else if state.tasks.count > Self.rememberedTasks {
                forgetIdleTasks(&state)
            }
        }
    }

    private func forgetIdleTasks(_ state: inout State) {
        let (now, rate) = (ContinuousClock.now, state.settings.taskRate ?? 1)
        state.tasks = state.tasks.filter { _, share in
            share.inFlight > 0 || !(share.bucket?.isFull(rate: rate, now: now) ?? true)
        }
    }

    // MARK: Bodies

    /// Counts bytes of a body that have come; to be followed by `forget(body:)`.
    /// - Parameters:
    ///   - count: how many came now.
    ///   - before: how many had come before.
    func receive(_ count: Int, after before: Int) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            let total = before + count
            guard total <= state.settings.bodySize else { return Refusal(.tooLarge, "a body of more than \(total)") }
            let unusual = Self.unusual(total) - Self.unusual(before)
            guard unusual == 0 || state.bodies + unusual <= state.settings.bodiesSize else {
                return Refusal(.overloaded, "\(state.bodies) bytes of bodies are being received")
            }
            state.bodies += unusual
            return nil
        }
        if let refusal { throw refusal }
    }

    func forget(body count: Int) {
        guard Self.unusual(count) > 0 else { return }
        state.withLock { $0.bodies -= Self.unusual(count) }
    }

    private static func unusual(_ count: Int) -> Int { max(0, count - usualBodySize) }
}

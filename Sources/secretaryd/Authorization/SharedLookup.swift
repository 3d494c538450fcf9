import SecretaryCore
import Synchronization

/// Answers of something slow, asked once for all who want to know the same at the same time, and kept for a moment.
///
/// Who stops waiting disturbs nobody else. Failures are shared by those who wait, and not kept.
final class SharedLookup<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    typealias Outcome = Result<Answer, SecretaryError>

    private struct Kept {
        let answer: Answer
        let since: ContinuousClock.Instant
        let size: Int
    }

    private struct State {
        var running: [Key: Task<Outcome, Never>] = [:]
        var kept: [Key: Kept] = [:]
        /// Bytes of what is kept.
        var size = 0

        mutating func forget(_ key: Key) {
            if let kept = kept.removeValue(forKey: key) { size -= kept.size }
        }
    }

    private let state = Mutex(State())
    private let lifetime: Duration
    private let limits: (running: Int, size: Int)
    private let size: @Sendable (Answer) -> Int

    /// - Parameters:
    ///   - lifetime: how long an answer is good for others; zero keeps nothing.
    ///   - limits: how many questions may be open at a time, and how many bytes of answers are kept.
    ///   - size: about how many bytes an answer takes.
    init(lifetime: Duration, limits: (running: Int, size: Int), size: @escaping @Sendable (Answer) -> Int) {
        self.lifetime = lifetime
        self.limits = limits
        self.size = size
    }

    /// The answer that is kept, if it is not too old.
    func kept(_ key: Key) -> Answer? {
        let now = ContinuousClock.now
        return state.withLock { state in
            guard let kept = state.kept[key], now - kept.since < lifetime else { return nil }
            return kept.answer
        }
    }

    /// Asks, or waits for what somebody else has asked already.
    /// - Parameter isEnough: whether the answer to somebody else's question, which may have been asked earlier, is one to this;
    ///   else it is asked once more.
    /// - Throws: what `ask` throws; `.unavailable` when too much is being asked.
    func ask(
        _ key: Key, unless isEnough: (Answer) -> Bool = { _ in true },
        _ ask: @escaping @Sendable () async throws(SecretaryError) -> Answer
    ) async throws(SecretaryError) -> Answer {
        let (task, isShared) = try running(key, ask)
        let answer = try await task.value.get()
        guard isShared, !isEnough(answer) else { return answer }
        // Whoever asks now has begun later than this one.
        return try await running(key, ask).task.value.get()
    }

    private func running(
        _ key: Key, _ ask: @escaping @Sendable () async throws(SecretaryError) -> Answer
    ) throws(SecretaryError) -> (task: Task<Outcome, Never>, isShared: Bool) {
        let found: (Task<Outcome, Never>, Bool)? = state.withLock { state in
            if let running = state.running[key] { return (running, true) }
            guard state.running.count < limits.running else { return nil }
            let task = Task {
                let outcome: Outcome
                do throws(SecretaryError) {
                    outcome = .success(try await ask())
                } catch {
                    outcome = .failure(error)
                }
                finish(key, outcome)
                return outcome
            }
            state.running[key] = task
            return (task, false)
        }
        guard let found else { throw SecretaryError(.unavailable, "too many tasks are looked up at once") }
        return found
    }

    private func finish(_ key: Key, _ outcome: Outcome) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.running[key] = nil
            state.forget(key)
            guard lifetime > .zero, case .success(let answer) = outcome else { return }
            let size = size(answer) + MemoryLayout<Kept>.size
            guard size <= limits.size else { return }
            if state.size + size > limits.size {
                for (key, kept) in state.kept where now - kept.since >= lifetime { state.forget(key) }
            }
            while state.size + size > limits.size, let key = state.kept.keys.first { state.forget(key) }
            state.kept[key] = Kept(answer: answer, since: now, size: size)
            state.size += size
        }
    }
}

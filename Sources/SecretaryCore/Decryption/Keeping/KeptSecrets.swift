internal import Synchronization

/// Keeps what was opened by somebody outside, so that reading goes on where there is no answer: for a bounded time, and not
/// after an answer that says no.
///
/// The plaintexts are in guarded memory, and zeroed when they are too old to be served or are not expected any more. Who asks
/// soon after there was no answer is not made to wait for the next one: he gets what is kept, or the error of before.
public final class KeptSecrets: Decryptor {
    private let inner: any Decryptor
    private let name: String
    private let policy: OutagePolicy
    private let state = Monitor(State())

    private struct State {
        var kept: [ExpectedSecret: KeptSecret] = [:]
        /// Before this nobody is asked again.
        var pauseEnd = ContinuousClock.now
        var backoff = KeptSecrets.backoff
        /// Why there was no answer the last time.
        var trouble: SecretaryError?
        var lastAnswer: Int64?
        /// How many questions are on their way, and what was refused meanwhile: an answer to an earlier one is not kept.
        var questions = 0
        var refused: [ExpectedSecret: ContinuousClock.Instant] = [:]
        /// Whether a thread sees to it that plaintexts are zeroed in time.
        var isSwept = false
    }

    /// More are not kept: locked memory is scarce.
    private static let maximumCount = 4096
    private static let backoff = Backoff(first: .seconds(1), longest: .seconds(30))

    /// - Parameters:
    ///   - inner: opens envelopes; only those that it `mayBlock` on are kept.
    ///   - name: of whoever is outside, for people.
    public init(_ inner: any Decryptor, name: String, policy: OutagePolicy) {
        self.inner = inner
        self.name = name
        self.policy = policy
    }

    public func mayBlock(on envelope: Envelope) -> Bool { inner.mayBlock(on: envelope) }

    public func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        for case let error? in open([unsafe Opening(envelope, name: name, into: target)]) { throw error }
    }

    public func open(_ openings: [Opening]) -> [SecretaryError?] {
        var errors: [SecretaryError?] = Array(repeating: nil, count: openings.count)
        var asked: [(index: Int, kept: KeptSecret?)] = []
        let pause = state.withLock { state in
            for (index, opening) in openings.enumerated() {
                let kept = state.kept[opening.secret]
                if let kept, kept.age < policy.fresh {
                    unsafe kept.copy(to: opening.target)
                } else {
                    asked.append((index, kept))
                }
            }
            return state.pauseEnd > .now ? state.trouble : nil
        }
        let now = ContinuousClock.now
        let answers = ask(asked.map { openings[$0.index] }, unless: pause)
        for ((index, kept), error) in zip(asked, answers) {
            let opening = openings[index]
            guard let error else { continue }
            if error.isNoAnswer, let kept, now - kept.since < policy.stale {
                unsafe kept.copy(to: opening.target)
            } else {
                errors[index] = error
            }
        }
        return errors
    }

    /// Has envelopes opened, and keeps what others have opened.
    /// - Parameter pause: why nobody outside is asked now.
    private func ask(_ openings: [Opening], unless pause: SecretaryError?) -> [SecretaryError?] {
        if let pause {
            return openings.map { opening in
                inner.mayBlock(on: opening.envelope) ? pause : inner.open([opening]).first ?? nil
            }
        }
        let began = state.withLock { state in
            state.questions += 1
            return ContinuousClock.now
        }
        let errors = inner.open(openings)
        var answers: [(secret: ExpectedSecret, kept: KeptSecret?)] = []
        var trouble: SecretaryError?
        for (opening, error) in zip(openings, errors) where inner.mayBlock(on: opening.envelope) {
            if let error, error.isNoAnswer {
                trouble = error
            } else {
                // As old as the question: the value may have changed right after the answer.
                answers.append((opening.secret, error == nil ? opening.kept(since: began) : nil))
            }
        }
        note(answers, trouble, askedAt: began)
        return errors
    }

    /// - Parameter answers: what is to be kept; `nil` for what was refused.
    private func note(
        _ answers: [(secret: ExpectedSecret, kept: KeptSecret?)], _ trouble: SecretaryError?,
        askedAt began: ContinuousClock.Instant
    ) {
        let needsSweeper = state.withLock { state in
            if !answers.isEmpty {
                state.lastAnswer = WallClock.nanoseconds()
                state.trouble = nil
                state.backoff = Self.backoff
            }
            if let trouble {
                state.trouble = trouble
                state.pauseEnd = .now + state.backoff.next()
            }
            state.questions -= 1
            for (secret, kept) in answers {
                if kept == nil, state.questions > 0 { state.refused[secret] = .now }
                if kept != nil, let refused = state.refused[secret], refused >= began { continue }
                let hasRoom = state.kept[secret] != nil || state.kept.count < Self.maximumCount
                state.kept[secret] = policy.stale > .zero && hasRoom ? kept : nil
            }
            if state.questions == 0 { state.refused = [:] }
            defer { state.isSwept = state.isSwept || !state.kept.isEmpty }
            return !state.isSwept && !state.kept.isEmpty
        }
        if needsSweeper { startSweeper() }
    }

    // MARK: What is kept

    public func state(of envelope: Envelope, name: String?) -> KeptState? {
        let kept = state.withLock { $0.kept[ExpectedSecret(envelope: envelope, name: name)] }
        return kept.map { $0.age < policy.fresh ? .fresh : .stale }
    }

    public var outside: [OutsideStatus] {
        state.withLock { state in
            [
                OutsideStatus(
                    name: name, kept: state.kept.count, stale: state.kept.values.count { $0.age >= policy.fresh },
                    trouble: state.trouble?.message, lastAnswer: state.lastAnswer)
            ]
        }
    }

    /// Zeroes what nobody can ask for any more, and prefetches the rest if the policy says so.
    public func expect(_ secrets: Set<ExpectedSecret>) {
        let missing = state.withLock { state in
            state.kept = state.kept.filter { secrets.contains($0.key) }
            return policy.prefetches ? secrets.filter { state.kept[$0] == nil } : []
        }
        state.notify()
        guard !missing.isEmpty else { return }
        // Without a thread, each is asked for when somebody reads it.
        try? BackgroundThread.detach { self.prefetch(Array(missing.prefix(Self.maximumCount))) }
    }

    /// How many are asked for in one request.
    private static let prefetchCount = 100

    private func prefetch(_ secrets: [ExpectedSecret]) {
        // Not all at the same moment after something that had them all start.
        _ = state.wait(for: .milliseconds(.random(in: 0...500))) { _ in nil as Void? }
        for start in stride(from: 0, to: secrets.count, by: Self.prefetchCount) {
            let part = secrets[start..<min(start + Self.prefetchCount, secrets.count)]
            guard var memory = try? SecretBytes(count: part.reduce(0) { $0 + $1.envelope.plaintextCount }) else {
                return
            }
            unsafe memory.withUnsafeMutableBytes { bytes in
                var position = 0
                _ = open(
                    part.map { secret in
                        defer { position += secret.envelope.plaintextCount }
                        let target = unsafe bytes.part(position, secret.envelope.plaintextCount)
                        return unsafe Opening(secret.envelope, name: secret.name, into: target)
                    })
            }
        }
    }

    // MARK: Zeroing

    private func startSweeper() {
        do throws(SecretaryError) {
            try BackgroundThread.detach { while let next = self.zeroExpired() { self.sleep(until: next) } }
        } catch {
            // Nobody would zero them in time.
            state.withLock { state in
                state.kept = [:]
                state.isSwept = false
            }
        }
    }

    /// - Returns: when the next one is too old; `nil` when none is kept.
    private func zeroExpired() -> ContinuousClock.Instant? {
        state.withLock { state in
            state.kept = state.kept.filter { $0.value.age < policy.stale }
            let oldest = state.kept.values.lazy.map(\.since).min()
            state.isSwept = oldest != nil
            return oldest.map { $0 + policy.stale }
        }
    }

    private func sleep(until moment: ContinuousClock.Instant) {
        _ = state.wait(for: moment - .now) { $0.kept.isEmpty ? true : nil }
    }
}

extension SecretaryError {
    /// Whether somebody outside has said nothing, rather than no.
    fileprivate var isNoAnswer: Bool { code == .unavailable || code == .timedOut }
}

extension Opening {
    fileprivate var secret: ExpectedSecret { ExpectedSecret(envelope: envelope, name: name) }

    /// A copy of the plaintext that is there now; `nil` where there is no memory for it.
    fileprivate func kept(since moment: ContinuousClock.Instant) -> KeptSecret? {
        let copy = try? unsafe SecretBytes(count: target.count) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(target))
        }
        guard let copy else { return nil }
        return KeptSecret(copy, since: moment)
    }
}

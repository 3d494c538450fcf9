internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// Somebody who waits for a secret, and is told once how that ended: a request of the kernel.
final class Waiter: Sendable {
    enum Outcome: Sendable {
        /// The secret is held, and counted for who waited.
        case held
        case failed(SecretaryError)
        /// There is no such content, which is no failure to be told of.
        case missing(Errno)
        /// Who waited got a signal, and no longer wants it.
        case interrupted
    }

    private let answer: Mutex<(@Sendable (Outcome) -> Void)?>

    init(_ answer: @escaping @Sendable (Outcome) -> Void) {
        self.answer = Mutex(answer)
    }

    var isWaiting: Bool { answer.withLock { $0 != nil } }

    /// Ends the waiting.
    /// - Returns: `false` when it had ended before: then the outcome reached nobody.
    @discardableResult
    func tell(_ outcome: Outcome) -> Bool {
        guard let answer = answer.withLock({ $0.take() }) else { return false }
        answer(outcome)
        return true
    }

    /// Ends the waiting without telling anybody.
    /// - Returns: what would have told it, and owns the request.
    func abandon() -> (@Sendable (Outcome) -> Void)? {
        answer.withLock { $0.take() }
    }
}

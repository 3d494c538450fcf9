internal import SecretaryCore
internal import Synchronization

/// How serving has come to its end by itself, which other threads notice, and the main thread waits for.
final class Ending: Sendable {
    /// Stopped at the end.
    let waker = Waker()
    private let outcome = Mutex<Result<Void, SecretaryError>?>(nil)

    /// `nil` as long as it goes on; a success when the mount is gone.
    var result: Result<Void, SecretaryError>? { outcome.withLock { $0 } }

    /// The first call counts.
    func end(_ result: Result<Void, SecretaryError>) {
        outcome.withLock { $0 = $0 ?? result }
        waker.stop()
    }
}

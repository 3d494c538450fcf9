internal import SecretaryCore
internal import Synchronization

/// Why opens failed of late, for `.secretary/status`: a reader only gets an errno.
final class FailureLog: Sendable {
    struct Failure: Sendable {
        /// Where the value is written.
        var source: String
        /// Why the last open failed; never holds a secret.
        var error: String
        var count: Int
    }

    private let failures = Mutex<[Failure]>([])

    /// Older failures are dropped beyond this number.
    private static let capacity = 32

    func note(_ error: SecretaryError, at source: String) {
        failures.withLock { failures in
            var failure = Failure(source: source, error: error.message, count: 1)
            if let index = failures.firstIndex(where: { $0.source == source }) {
                failure.count += failures.remove(at: index).count
            } else if failures.count == Self.capacity {
                failures.removeFirst()
            }
            failures.append(failure)
        }
    }

    /// Latest last.
    var all: [Failure] { failures.withLock { $0 } }
}

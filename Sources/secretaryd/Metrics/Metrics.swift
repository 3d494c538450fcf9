import SecretaryCore
import SecretaryServer
import Synchronization

/// What the daemon counts.
final class Metrics: Sendable {
    /// Answers by endpoint and status.
    private let answers = Mutex<[Answer: UInt64]>([:])
    private let refusals = Refusal.Reason.allCases.map { _ in Counter() }

    /// Secrets by what became of them.
    let opened = Counter()
    let denied = Counter()
    let failed = Counter()
    /// Secrets that were let out although the policy frowns on it.
    let warnings = Counter()
    let connections = Counter()
    let refusedConnections = Counter()
    /// Connections that were closed because too little happened on them.
    let slowConnections = Counter()
    let reloads = Counter()
    let failedReloads = Counter()
    let duration = Histogram()
    let begun = WallClock.nanoseconds()

    struct Answer: Hashable {
        let endpoint: Endpoint
        let status: Int
    }

    func answered(_ endpoint: Endpoint, _ status: Int) {
        answers.withLock { $0[Answer(endpoint: endpoint, status: status), default: 0] += 1 }
    }

    func refused(_ refusal: Refusal) {
        for (counter, reason) in zip(refusals, Refusal.Reason.allCases) where reason == refusal.reason {
            counter.increment()
        }
    }

    func count(_ decisions: [Result<Envelope, SecretaryError>], failures: Int) {
        for case .failure(let error) in decisions { (error.code == .denied ? denied : failed).increment() }
        let allowed = decisions.count { if case .success = $0 { true } else { false } }
        opened.increment(by: UInt64(allowed - failures))
        failed.increment(by: UInt64(failures))
    }

    var answerCounts: [(answer: Answer, count: UInt64)] {
        answers.withLock { $0.map { ($0.key, $0.value) } }
            .sorted { ($0.0.endpoint.rawValue, $0.0.status) < ($1.0.endpoint.rawValue, $1.0.status) }
    }

    var refusalCounts: [(reason: Refusal.Reason, count: UInt64)] {
        Array(zip(Refusal.Reason.allCases, refusals.map(\.value)))
    }
}

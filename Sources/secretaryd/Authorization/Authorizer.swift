import Logging
import SecretaryCore

/// Who knows which tasks there are, which keys prove that somebody is one of them, and what each may have.
///
/// The only thing that an orchestrator has to implement: one file for each.
protocol Authorizer: Sendable {
    /// What reports and audit records call it.
    var name: String { get }

    /// What the task may have that somebody claims to be; that he is, only its keys prove.
    /// - Throws: `.denied` when there is no such task, `.malformed` when there cannot be one, `.unavailable` and `.timedOut` when
    ///   who would know does not answer as he should. No message holds anything of an answer.
    func grant(for claim: TaskClaim) async throws(SecretaryError) -> TaskGrant

    /// Follows changes of what it knows and of whom it asks, until it is cancelled.
    func follow() async

    /// Reads what it knows anew, at once; what is wrong is seen in `health()`, and what was right before stays in force.
    func reload()

    func health() -> AuthorizerHealth
}

/// How an authorizer is.
struct AuthorizerHealth: Sendable {
    /// Whether it can answer at all.
    var isServing: Bool
    /// What is wrong, also while it serves what was right before.
    var problem: SecretaryError?
    /// What it has counted since it began: names as Prometheus has them, without a prefix.
    var counters: [(name: String, help: String, value: UInt64)] = []
}

extension Authorizer {
    func follow() async {}
    func reload() {}

    /// Says what is wrong when it begins and when it is over, until it is cancelled.
    func logProblems(to logger: Logger) async {
        var last: SecretaryError?
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let problem = health().problem
            guard problem != last else { continue }
            if let problem {
                logger.warning("\(name): \(problem)")
            } else {
                logger.notice("\(name): all is well again")
            }
            last = problem
        }
    }
}

import SecretaryCore
import Synchronization
import SystemPackage

/// Follows a policy file.
///
/// A broken edit changes nothing but `health()`: what was right before stays in force.
final class PolicyAuthorizer: Authorizer {
    let name = "policy"

    private struct State: Sendable {
        var policy: Policy
        var problem: SecretaryError?
        var reloads: UInt64 = 0
        var failures: UInt64 = 0
        /// How the files were when they were read.
        var stamp: FileStamps
    }

    private let path: FilePath
    private let state: Mutex<State>

    /// - Throws: `.noInput` when the file cannot be read, `.configuration`, `FILE:LINE:COLUMN: what`, when it is wrong.
    init(_ path: FilePath) throws(SecretaryError) {
        self.path = path
        let (outcome, stamp) = Self.read(path)
        state = Mutex(State(policy: try outcome.get(), stamp: stamp))
    }

    func grant(for claim: TaskClaim) async throws(SecretaryError) -> TaskGrant {
        let policy = state.withLock { $0.policy }
        return try policy.grant(for: claim)
    }

    /// How often the files are looked at.
    private static let interval: Duration = .milliseconds(500)

    func follow() async {
        var last = state.withLock { $0.stamp }
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let (known, problem) = state.withLock { ($0.stamp, $0.problem) }
            let now = FileStamps(of: known.files)
            // A file that is being written is left alone until it rests; what could not be read may have had other reasons.
            if now == last, now != known || problem != nil { reload() }
            last = now
        }
    }

    func reload() {
        let (outcome, stamp) = Self.read(path)
        state.withLock { state in
            state.stamp = stamp
            switch outcome {
            case .success(let policy):
                state.policy = policy
                state.problem = nil
                state.reloads += 1
            case .failure(let error):
                if error != state.problem { state.failures += 1 }
                state.problem = error
            }
        }
    }

    func health() -> AuthorizerHealth {
        state.withLock { state in
            AuthorizerHealth(
                isServing: true, problem: state.problem,
                counters: [
                    ("policy_reloads_total", "Changes of the policy that were taken over.", state.reloads),
                    ("policy_failures_total", "Changes of the policy that were broken.", state.failures),
                ])
        }
    }

    private static func read(_ path: FilePath) -> (Result<Policy, SecretaryError>, FileStamps) {
        var reader = PolicyReader(path)
        let outcome = Result { () throws(SecretaryError) in try reader.read() }
        return (outcome, reader.stamps)
    }
}

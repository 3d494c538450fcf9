import NIOPosix
import SecretaryCore
import Synchronization

/// The system that starts the tasks, as an authorizer asks it: what it answers, and how that goes.
final class Orchestrator: Sendable {
    private struct Report {
        var lookups: UInt64 = 0
        var failures: UInt64 = 0
        var problem: SecretaryError?

        /// No server answers, whatever is asked: an answer about one app that cannot be understood is only its problem.
        var isDown: Bool { problem.map { $0.code != .malformed } ?? false }

        mutating func add(_ failure: SecretaryError?) {
            lookups += 1
            problem = failure
            if failure != nil { failures += 1 }
        }
    }

    /// What people call it.
    private let name: String
    private let metric: String
    private let probe: String
    private let settings: OrchestratorSettings
    private let client: OrchestratorClient
    private let report = Mutex(Report())

    /// - Parameters:
    ///   - metric: what the names of its counters begin with.
    ///   - probe: a path that any server answers that works.
    ///   - threads: where to wait for answers.
    init(_ name: String, metric: String, probe: String, _ settings: OrchestratorSettings, threads: NIOThreadPool) {
        self.name = name
        self.metric = metric
        self.probe = probe
        self.settings = settings
        client = OrchestratorClient(name, settings, threads: threads)
    }

    /// What happens to values without a scope.
    var unscoped: UnscopedPolicy { settings.unscoped }

    /// For a claim that comes now.
    var deadline: ContinuousClock.Instant { .now + settings.deadline }

    /// Answers that are shared and kept for as long as the settings say.
    /// - Parameter size: about how many bytes an answer takes.
    func lookup<Key, Answer>(size: @escaping @Sendable (Answer) -> Int) -> SharedLookup<Key, Answer> {
        SharedLookup(lifetime: settings.cache, limits: (running: 256, size: 32 << 20), size: size)
    }

    /// Asks, and writes down how that went.
    ///
    /// What went wrong is for the daemon's reports; the caller only hears that it did.
    /// - Parameter read: throws `.malformed` for an answer to something else.
    /// - Throws: `.denied` when there is no such thing, `.unavailable`, `.timedOut`; no message has anything of an answer.
    func get<Answer>(
        _ path: String, until deadline: ContinuousClock.Instant,
        _ read: (ConfigNode) throws(SecretaryError) -> Answer
    ) async throws(SecretaryError) -> Answer {
        do throws(SecretaryError) {
            guard let answer = try await client.get(path, until: deadline) else {
                report.withLock { $0.add(nil) }
                throw SecretaryError(.denied, "\(name) knows no such task")
            }
            let result = try read(answer)
            report.withLock { $0.add(nil) }
            return result
        } catch {
            // What is not there, or has no keys, is an answer.
            guard error.code != .denied else { throw error }
            report.withLock { $0.add(error) }
            throw SecretaryError(
                error.code == .timedOut ? .timedOut : .unavailable, "\(name) does not answer as it should")
        }
    }

    /// Asks now and then while no server answers: a daemon that is not ready is asked for nothing, and would not notice.
    func follow() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard report.withLock({ $0.isDown }) else { continue }
            guard await answers() else { continue }
            report.withLock { $0.problem = nil }
        }
    }

    /// Whether any server answers something, whatever it is.
    private func answers() async -> Bool {
        do throws(SecretaryError) {
            _ = try await client.get(probe, until: deadline)
            return true
        } catch {
            return error.code == .malformed
        }
    }

    func health() -> AuthorizerHealth {
        let report = report.withLock { $0 }
        return AuthorizerHealth(
            isServing: !report.isDown, problem: report.problem,
            counters: [
                ("\(metric)_requests_total", "Questions to \(name).", report.lookups),
                ("\(metric)_failures_total", "Questions that no \(name) answered.", report.failures),
                ("\(metric)_failovers_total", "Questions that another \(name) answered.", client.failoverCount),
            ])
    }
}

extension TaskClaim {
    /// Bounds what an orchestrator is asked for; what it calls its tasks is its own business.
    /// - Throws: `.malformed`.
    func requirePlain() throws(SecretaryError) {
        for text in [version, id]
        where !(1...512).contains(text.utf8.count) || !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw SecretaryError(.malformed, "no task has such a version or id")
        }
    }
}

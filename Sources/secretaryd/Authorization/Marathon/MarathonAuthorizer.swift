import NIOPosix
import SecretaryCore
import Synchronization

/// Asks Marathon: the tasks are those that run there, and what they may have is what their configuration says.
///
/// A claim holds when exactly one task with that id and that version runs. The keys and the values are those of that version's
/// environment; scoped envelopes may also come from elsewhere.
final class MarathonAuthorizer: Authorizer {
    let name = "marathon"

    private struct Version: Hashable, Sendable {
        let app: AppPath
        let version: String
    }

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

    private let settings: MarathonSettings
    private let client: MarathonClient
    private let tasks: SharedLookup<AppPath, MarathonTasks>
    private let grants: SharedLookup<Version, TaskGrant>
    private let report = Mutex(Report())

    /// - Parameter threads: where to wait for answers.
    init(_ settings: MarathonSettings, threads: NIOThreadPool = .singleton) {
        self.settings = settings
        client = MarathonClient(settings, threads: threads)
        tasks = SharedLookup(lifetime: settings.cache, limits: Self.limits) { $0.size }
        grants = SharedLookup(lifetime: settings.cache, limits: Self.limits) { $0.values.size }
    }

    /// Memory for answers, and questions at a time.
    private static let limits = (running: 256, size: 32 << 20)

    func grant(for claim: TaskClaim) async throws(SecretaryError) -> TaskGrant {
        let app = try AppPath(parsing: claim.app)
        guard Self.isPlain(claim.version), Self.isPlain(claim.id) else {
            throw SecretaryError(.malformed, "no task has such a version or id")
        }
        let deadline = ContinuousClock.now + settings.deadline
        // A task that is not in an answer that was kept may have begun since.
        var isRunning = tasks.kept(app)?.contains(claim) ?? false
        if !isRunning { isRunning = try await fresh(app, until: deadline).contains(claim) }
        guard isRunning else {
            throw SecretaryError(
                .denied, "the task is not running", hint: "its app, version and id have to be those of now")
        }
        let version = Version(app: app, version: claim.version)
        if let grant = grants.kept(version) { return grant }
        return try await grants.ask(version) { () throws(SecretaryError) in
            try await self.lookUp(version, until: deadline)
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
            _ = try await client.get("/v2/info", until: .now + settings.deadline)
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
                ("marathon_requests_total", "Questions to Marathon.", report.lookups),
                ("marathon_failures_total", "Questions that no Marathon answered.", report.failures),
                ("marathon_failovers_total", "Questions that another Marathon answered.", client.failoverCount),
            ])
    }

    private func fresh(
        _ app: AppPath, until deadline: ContinuousClock.Instant
    ) async throws(SecretaryError) -> MarathonTasks {
        try await tasks.ask(app) { () throws(SecretaryError) in
            let path = "/v2/apps\(Self.escaped(app.description, keeping: "/"))?embed=apps.tasks"
            return try await self.get(path, until: deadline) { answer throws(SecretaryError) in
                try MarathonTasks(answer, of: app)
            }
        }
    }

    private func lookUp(
        _ version: Version, until deadline: ContinuousClock.Instant
    ) async throws(SecretaryError) -> TaskGrant {
        let app = version.app
        let path =
            "/v2/apps\(Self.escaped(app.description, keeping: "/"))/versions/\(Self.escaped(version.version))"
        let definition = try await get(path, until: deadline) { answer throws(SecretaryError) in
            try MarathonDefinition(answer, of: app, version: version.version)
        }
        return TaskGrant(
            app: app, deployKey: definition.deployKey, serviceKey: definition.serviceKey, rule: name,
            values: definition.values, unscoped: settings.unscoped)
    }

    /// Asks, and writes down how that went.
    ///
    /// What went wrong is for the daemon's reports; the caller only hears that it did.
    private func get<Answer>(
        _ path: String, until deadline: ContinuousClock.Instant,
        _ read: (ConfigNode) throws(SecretaryError) -> Answer
    ) async throws(SecretaryError) -> Answer {
        do throws(SecretaryError) {
            guard let answer = try await client.get(path, until: deadline) else {
                report.withLock { $0.add(nil) }
                throw SecretaryError(.denied, "there is no such app or version")
            }
            let result = try read(answer)
            report.withLock { $0.add(nil) }
            return result
        } catch {
            // An app that is not there, or has no keys, is an answer.
            guard error.code != .denied else { throw error }
            report.withLock { $0.add(error) }
            throw SecretaryError(
                error.code == .timedOut ? .timedOut : .unavailable, "Marathon does not answer as it should")
        }
    }

    /// Bounds what is asked for; what Marathon calls its tasks is its own business.
    private static func isPlain(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// A part of a URL's path (RFC 3986, section 3.3): nothing in it means anything.
    static func escaped(_ text: String, keeping kept: String = "") -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80,
                character.isLetter || character.isNumber || "-._~".contains(character)
                    || kept.contains(character)
            {
                escaped.append(character)
            } else {
                escaped += "%" + [byte].hexadecimal.uppercased()
            }
        }
    }
}

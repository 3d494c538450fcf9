import NIOPosix
import SecretaryCore

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

    private let marathon: Orchestrator
    private let tasks: SharedLookup<AppPath, MarathonTasks>
    private let grants: SharedLookup<Version, TaskGrant>

    /// - Parameter threads: where to wait for answers.
    init(_ settings: OrchestratorSettings, threads: NIOThreadPool = .singleton) {
        marathon = Orchestrator("Marathon", metric: name, probe: "/v2/info", settings, threads: threads)
        tasks = marathon.lookup { $0.size }
        grants = marathon.lookup { $0.values.size }
    }

    func grant(for claim: TaskClaim) async throws(SecretaryError) -> TaskGrant {
        let app = try AppPath(parsing: claim.app)
        try claim.requirePlain()
        let deadline = marathon.deadline
        // A task that is not in an answer that was kept may have begun since.
        var isRunning = tasks.kept(app)?.contains(claim) ?? false
        if !isRunning { isRunning = try await fresh(app, until: deadline, for: claim).contains(claim) }
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

    func follow() async { await marathon.follow() }

    func health() -> AuthorizerHealth { marathon.health() }

    private func fresh(
        _ app: AppPath, until deadline: ContinuousClock.Instant, for claim: TaskClaim
    ) async throws(SecretaryError) -> MarathonTasks {
        try await tasks.ask(app, unless: { $0.contains(claim) }) { () throws(SecretaryError) in
            let path = "/v2/apps\(URLPath.escaped(app.description, keeping: "/"))?embed=apps.tasks"
            return try await self.marathon.get(path, until: deadline) { answer throws(SecretaryError) in
                try MarathonTasks(answer, of: app)
            }
        }
    }

    private func lookUp(
        _ version: Version, until deadline: ContinuousClock.Instant
    ) async throws(SecretaryError) -> TaskGrant {
        let app = version.app
        let path =
            "/v2/apps\(URLPath.escaped(app.description, keeping: "/"))/versions/\(URLPath.escaped(version.version))"
        let definition = try await marathon.get(path, until: deadline) { answer throws(SecretaryError) in
            try MarathonDefinition(answer, of: app, version: version.version)
        }
        return TaskGrant(
            app: app, deployKey: definition.keys.deploy, serviceKey: definition.keys.service, rule: name,
            values: definition.values, unscoped: marathon.unscoped)
    }
}

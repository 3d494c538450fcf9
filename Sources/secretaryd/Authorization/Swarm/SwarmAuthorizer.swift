import NIOPosix
import SecretaryCore

/// Asks a manager of a Docker swarm: the tasks are those that run there, and what they may have is what their service gives
/// them.
///
/// A claim holds when the task runs, belongs to the service whose id is claimed as version, and that service is the app that is
/// claimed. Keys and values are those of the task's own environment and labels, as it was started with them, and of the
/// service's labels.
final class SwarmAuthorizer: Authorizer {
    let name = "swarm"

    private let swarm: Orchestrator
    private let tasks: SharedLookup<String, SwarmTask>
    private let services: SharedLookup<String, SwarmService>
    private let grants: SharedLookup<TaskClaim, TaskGrant>

    /// Where a manager's own engine listens.
    static let defaultURL = "unix:///run/docker.sock"

    /// - Parameter threads: where to wait for answers.
    init(_ settings: OrchestratorSettings, threads: NIOThreadPool = .singleton) {
        swarm = Orchestrator("the swarm", metric: name, probe: "/_ping", settings, threads: threads)
        tasks = swarm.lookup { $0.variables.size }
        services = swarm.lookup { $0.variables.size }
        grants = swarm.lookup { $0.values.size }
    }

    func grant(for claim: TaskClaim) async throws(SecretaryError) -> TaskGrant {
        let app = try AppPath(parsing: claim.app)
        try claim.requirePlain()
        let deadline = swarm.deadline
        var task = tasks.kept(claim.id)
        // One that did not run may have begun since.
        if task?.isRunning != true { task = try await fresh(claim.id, until: deadline) }
        guard let task, task.isRunning, task.service == claim.version else {
            throw SecretaryError(
                .denied, "the task is not running",
                hint: "the version has to be the service's id, {{.Service.ID}}, and the id the task's, {{.Task.ID}}")
        }
        if let grant = grants.kept(claim) { return grant }
        return try await grants.ask(claim) { () throws(SecretaryError) in
            let service = try await self.service(task.service, until: deadline)
            guard service.app == app.description else {
                throw SecretaryError(
                    .denied, "the task belongs to another app than \(app)",
                    hint: "an app is the service's label secretary.app, else its name after a slash")
            }
            return try self.grant(app, task, service)
        }
    }

    func follow() async { await swarm.follow() }

    func health() -> AuthorizerHealth { swarm.health() }

    /// What the task was started with comes before what its service says now.
    private func grant(
        _ app: AppPath, _ task: SwarmTask, _ service: SwarmService
    ) throws(SecretaryError) -> TaskGrant {
        var values = GrantedValues()
        for variables in [service.variables, task.variables] { variables.add(to: &values) }
        let keys = try TaskKeys(of: app) { task.variables.values[$0] ?? service.variables.values[$0] }
        return TaskGrant(
            app: app, deployKey: keys.deploy, serviceKey: keys.service, rule: name, values: values,
            unscoped: swarm.unscoped)
    }

    private func fresh(
        _ id: String, until deadline: ContinuousClock.Instant
    ) async throws(SecretaryError) -> SwarmTask {
        try await tasks.ask(id) { () throws(SecretaryError) in
            try await self.swarm.get("/tasks/\(URLPath.escaped(id))", until: deadline) {
                answer throws(SecretaryError) in try SwarmTask(answer, id: id)
            }
        }
    }

    private func service(
        _ id: String, until deadline: ContinuousClock.Instant
    ) async throws(SecretaryError) -> SwarmService {
        if let kept = services.kept(id) { return kept }
        return try await services.ask(id) { () throws(SecretaryError) in
            try await self.swarm.get("/services/\(URLPath.escaped(id))", until: deadline) {
                answer throws(SecretaryError) in try SwarmService(answer, id: id)
            }
        }
    }
}

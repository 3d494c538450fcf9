import SecretaryCore

/// What a manager says of a task (`GET /tasks/ID`): whether it runs, and what its container was given.
struct SwarmTask: Sendable {
    /// The id of the service that it is a task of.
    let service: String
    let isRunning: Bool
    let variables: TaskVariables

    /// - Throws: `.malformed` when it is not what was asked for.
    init(_ answer: ConfigNode, id: String) throws(SecretaryError) {
        guard answer.text(at: "ID") == id, let service = answer.text(at: "ServiceID"),
            let status = answer.child("Status"), let container = answer.child("Spec")?.child("ContainerSpec")
        else { throw SecretaryError.otherAnswer("the swarm") }
        self.service = service
        // One that is to be shut down may still run, and gets nothing more.
        isRunning =
            Self.states.contains(status.text(at: "State") ?? "")
            && Self.wanted.contains(answer.text(at: "DesiredState") ?? "")
        var variables = TaskVariables()
        variables.add(labels: container.child("Labels"))
        variables.add(environment: container.child("Env"))
        self.variables = variables
    }

    /// A container that starts may ask before the swarm has heard that it runs.
    private static let states: Set = ["assigned", "accepted", "preparing", "ready", "starting", "running"]
    private static let wanted: Set = ["ready", "running"]
}

/// What a manager says of a service (`GET /services/ID`).
struct SwarmService: Sendable {
    let variables: TaskVariables
    /// The app that its tasks are: the label `secretary.app`, else its name.
    let app: String

    /// - Throws: `.malformed` when it is not what was asked for.
    init(_ answer: ConfigNode, id: String) throws(SecretaryError) {
        guard answer.text(at: "ID") == id, let spec = answer.child("Spec"), let name = spec.text(at: "Name") else {
            throw SecretaryError.otherAnswer("the swarm")
        }
        let labels = spec.child("Labels")
        var variables = TaskVariables()
        variables.add(labels: labels)
        self.variables = variables
        app = labels?.text(at: "secretary.app") ?? "/\(name)"
    }
}

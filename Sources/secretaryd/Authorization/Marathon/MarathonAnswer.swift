import SecretaryCore

/// What Marathon says of an app (`GET /v2/apps/ID?embed=apps.tasks`): its tasks.
struct MarathonTasks: Sendable {
    struct Running: Sendable, Hashable {
        let id: String
        let version: String
    }

    /// Those that run or are about to.
    private let running: [Running: Int]

    /// - Throws: `.malformed` when it is not what was asked for.
    init(_ answer: ConfigNode, of app: AppPath) throws(SecretaryError) {
        guard let object = answer.child("app"), object.text(at: "id") == app.description,
            case .sequence(let tasks)? = object.child("tasks")
        else { throw SecretaryError.otherAnswer("Marathon") }
        var running: [Running: Int] = [:]
        for task in tasks {
            // Fields that older versions do not have are no proof.
            guard let id = task.text(at: "id"), let version = task.text(at: "version"),
                let state = task.text(at: "state"), MarathonTasks.states.contains(state)
            else { continue }
            running[Running(id: id, version: version), default: 0] += 1
        }
        self.running = running
    }

    private static let states: Set = ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING"]

    /// Whether exactly one running task is the one that is claimed.
    func contains(_ claim: TaskClaim) -> Bool {
        running[Running(id: claim.id, version: claim.version)] == 1
    }

    /// About how many bytes it takes.
    var size: Int { running.keys.reduce(0) { $0 + $1.id.utf8.count + $1.version.utf8.count + 64 } }
}

/// What Marathon says of one version of an app (`GET /v2/apps/ID/versions/VERSION`): its environment, as far as it matters.
struct MarathonDefinition: Sendable {
    let keys: TaskKeys
    /// The envelopes in its variables.
    let values: GrantedValues

    /// - Throws: `.malformed` when it is not what was asked for, `.denied` when it has no usable public keys.
    init(_ answer: ConfigNode, of app: AppPath, version: String) throws(SecretaryError) {
        guard answer.text(at: "id") == app.description, answer.text(at: "version") == version else {
            throw SecretaryError.otherAnswer("Marathon")
        }
        var variables: [String: Value] = [:]
        var values = GrantedValues()
        if case .mapping(let entries)? = answer.child("env") {
            for entry in entries {
                // A value can also be {"secret": "name"}, which is Marathon's own business: to us it is nothing.
                let value = entry.node.value ?? Value(scanning: [])
                variables[entry.key] = value
                values.add(value, named: entry.key)
            }
        }
        self.values = values
        keys = try TaskKeys(of: app) { variables[$0] }
    }
}

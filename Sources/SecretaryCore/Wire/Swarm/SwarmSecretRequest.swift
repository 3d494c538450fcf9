internal import SystemPackage

/// A secret of a Docker swarm, for one task: what the plugin, whom the swarm asks, asks `secretaryctl credentials` for.
///
/// One JSON object, after which nothing more is sent:
///
///     {"secret": {"name": "db-password", "options": {"source": "prod/web.yml", "key": "database.password"}},
///      "service": {"id": "…", "name": "shop_web", "app": "/prod/web"}, "task": {"id": "…", "name": "…"}, "node": "…"}
package struct SwarmSecretRequest: Sendable, Hashable {
    package struct Secret: Sendable, Hashable {
        package let name: String
        /// Its labels that begin with `secretary.`, without that.
        package let options: [String: String]

        package init(name: String, options: [String: String]) {
            self.name = name
            self.options = options
        }
    }

    package struct Service: Sendable, Hashable {
        package let id: String
        package let name: String
        /// Who reads; nothing that the secret says has a part in it.
        package let app: String

        package init(id: String, name: String, app: String) {
            self.id = id
            self.name = name
            self.app = app
        }
    }

    package struct Task: Sendable, Hashable {
        package let id: String
        package let name: String

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    package let secret: Secret
    package let service: Service
    package let task: Task
    /// The node that the value is sent to.
    package let node: String

    package init(secret: Secret, service: Service, task: Task, node: String) {
        self.secret = secret
        self.service = service
        self.task = task
        self.node = node
    }

    /// How many bytes a value has: an empty one, and one of 512000, the swarm takes for an error (manager/drivers/secrets.go).
    package static let valueCounts = 1..<512_000

    /// A longer request is none: labels and names are short.
    package static let maximumCount = 64 << 10
}

extension SwarmSecretRequest {
    package var json: [UInt8] {
        let options = secret.options.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string($0.value)) }
        let service = [("id", service.id), ("name", service.name), ("app", service.app)]
        let task = [("id", task.id), ("name", task.name)]
        let request = JSONText.object([
            ("secret", .object([("name", .string(secret.name)), ("options", .object(options))])),
            ("service", .object(service.map { ($0, .string($1)) })),
            ("task", .object(task.map { ($0, .string($1)) })), ("node", .string(node)),
        ])
        return Array((request.line + "\n").utf8)
    }

    /// - Throws: `.malformed` when it is no such object, saying where.
    package init(parsing json: [UInt8]) throws(SecretaryError) {
        let root = try ConfigFile.parse(json, path: "request", format: .json).root
        func text(_ path: String...) throws(SecretaryError) -> String {
            var node: ConfigNode? = root
            for part in path { node = node?.child(part) }
            guard let text = node?.literalText, !text.isEmpty else {
                throw SecretaryError(.malformed, "the request has no text \(path.joined(separator: "."))")
            }
            return text
        }
        guard case .mapping(let entries)? = root.child("secret")?.child("options") else {
            throw SecretaryError(.malformed, "the request has no object secret.options")
        }
        var options: [String: String] = [:]
        for entry in entries {
            guard let value = entry.node.literalText else {
                throw SecretaryError(.malformed, "in the request, the option \(entry.key) is no text")
            }
            options[entry.key] = value
        }
        secret = Secret(name: try text("secret", "name"), options: options)
        service = Service(
            id: try text("service", "id"), name: try text("service", "name"), app: try text("service", "app"))
        task = Task(id: try text("task", "id"), name: try text("task", "name"))
        node = try text("node")
    }
}

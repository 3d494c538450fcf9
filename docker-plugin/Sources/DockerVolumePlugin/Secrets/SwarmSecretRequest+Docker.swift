import SecretaryCore
import SystemPackage

extension SwarmSecretRequest {
    /// What a swarm asks by `/SecretProvider.GetSecret` (manager/drivers/secrets.go of swarmkit).
    ///
    /// It says who the task is; who reads is what the service's label `secretary.app` says, else a slash and its name, as for the
    /// daemon's authorizer.
    /// - Throws: `.malformed`, with what is wrong or missing.
    init(docker body: [UInt8]) throws(SecretaryError) {
        let root = try ConfigFile.parse(body, path: "request", format: .json).root
        func text(_ name: String) throws(SecretaryError) -> String {
            guard let text = root.child(name)?.literalText, !text.isEmpty else {
                throw SecretaryError(.malformed, "the request has no text \(name)")
            }
            return text
        }
        let options = try Self.labels(root.child("SecretLabels"))
        let service = try Self.labels(root.child("ServiceLabels"))
        let name = try text("ServiceName")
        // Whoever reads of it is to see one line.
        let app = try AppPath(parsing: service["app"] ?? "/\(name)")
        self.init(
            secret: Secret(name: try text("SecretName"), options: options),
            service: Service(id: try text("ServiceID"), name: name, app: app.description),
            task: Task(id: try text("TaskID"), name: try text("TaskName")), node: try text("NodeID"))
    }

    /// Those that are for us, without what they begin with.
    private static func labels(_ node: ConfigNode?) throws(SecretaryError) -> [String: String] {
        let prefix = "secretary."
        guard case .mapping(let entries)? = node else { return [:] }
        var labels: [String: String] = [:]
        for entry in entries where entry.key.hasPrefix(prefix) {
            guard let text = entry.node.literalText else {
                throw SecretaryError(.malformed, "the label \(entry.key) is no text")
            }
            labels[String(entry.key.dropFirst(prefix.count))] = text
        }
        return labels
    }
}

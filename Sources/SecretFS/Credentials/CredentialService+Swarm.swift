internal import SecretaryCore

extension CredentialService {
    /// What a task of a swarm is to be given.
    /// - Throws: `.denied`; `.usage` when the labels of the secret are wrong, `.noInput` when there is no such secret; what
    ///   reading the repository, decrypting and writing down throw.
    func answer(_ request: SwarmSecretRequest, for peer: Caller) throws(SecretaryError) -> SecretBytes {
        let (service, task) = (request.service, request.task)
        var record = AuditRecord(.failed)
        record.secret = "\(service.name)/\(request.secret.name)"
        record.task = AuditTask(app: service.app, version: service.id, id: task.id)
        record.remote = "swarm node \(request.node)"
        do throws(SecretaryError) {
            return try give(record, to: peer, counts: SwarmSecretRequest.valueCounts) {
                _ throws(SecretaryError) in try secret(request)
            }
        } catch {
            throw error.prefixed("\(service.name)/\(request.secret.name)")
        }
    }

    private func secret(_ request: SwarmSecretRequest) throws(SecretaryError) -> SecretFile {
        let app = try AppPath(parsing: request.service.app)
        let options = try SwarmSecretOptions(request.secret.options, of: request.secret.name)
        let found: SecretFile
        switch options.place {
        case .source(let source, let select):
            let secrets = try secrets(source: source, select: select, app: app)
            found = try secrets.secret(called: options.key, in: "\(source)")
        case .view(let view):
            found = try secrets(view: view, app: app).secret(called: options.key, in: "the view \(view)")
        }
        // A view can say who reads; the labels of the secret choose the view, and they are not to choose that.
        guard found.opener.identity.app == app else {
            let owner = found.opener.identity.app.map { "\($0)" } ?? "the holder of the master key"
            throw SecretaryError(.denied, "the view is for \(owner), and the service \(request.service.name) is \(app)")
        }
        return found
    }
}

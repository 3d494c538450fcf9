import SecretaryCore

/// Composes the audit records of one request.
struct RequestRecords {
    private let task: AuditTask
    private let remote: String?
    /// What the daemon calls the one who says which tasks there are.
    private let authorizer: String

    init(_ claim: TaskClaim, from remote: String?, authorizer: String) {
        task = AuditTask(app: claim.app, version: claim.version, id: claim.id)
        self.remote = remote
        self.authorizer = authorizer
    }

    /// Of a request that nothing was decided about but that it is refused.
    func refused(_ refusal: Refusal) -> AuditRecord {
        var record = AuditRecord(refusal.isDenial ? .denied : .failed)
        (record.task, record.remote) = (task, remote)
        if refusal.isDenial { record.decision = ReaderDecision(isAllowed: false, rule: authorizer) }
        record.reason = refusal.detail
        return record
    }

    /// Of a secret that is about to be opened.
    func opened(
        _ secret: RequestedSecret, _ envelope: Envelope, _ permission: TaskGrant.Permission
    ) -> AuditRecord {
        var record = self.record(.open, secret, envelope)
        record.decision = ReaderDecision(isAllowed: true, rule: permission.rule)
        record.reason = permission.warning?.message
        return record
    }

    /// Of a secret that the task may not have.
    func denied(
        _ secret: RequestedSecret, _ envelope: Envelope?, _ error: SecretaryError
    ) -> AuditRecord {
        var record = self.record(error.code == .denied ? .denied : .failed, secret, envelope)
        if error.code == .denied { record.decision = ReaderDecision(isAllowed: false, rule: authorizer) }
        record.reason = error.message
        return record
    }

    /// Of a secret that was allowed, and could not be opened.
    func failed(_ secret: RequestedSecret, _ envelope: Envelope, _ error: SecretaryError) -> AuditRecord {
        var record = self.record(.failed, secret, envelope)
        record.reason = error.message
        return record
    }

    private func record(_ event: AuditEvent, _ secret: RequestedSecret, _ envelope: Envelope?) -> AuditRecord {
        var record = AuditRecord(event)
        (record.task, record.remote) = (task, remote)
        record.secret = secret.name ?? envelope?.scope?.name
        record.digest = envelope?.digest.hexadecimal
        record.scope = envelope?.scope?.description
        return record
    }
}

extension Refusal {
    /// Whether somebody asked for what is not his; otherwise it is the daemon that cannot.
    fileprivate var isDenial: Bool {
        switch reason {
        case .sealed, .overloaded, .unavailable, .timedOut, .undecryptable: false
        default: true
        }
    }
}

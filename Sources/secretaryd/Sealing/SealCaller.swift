import SecretaryCore

/// Who gives what a daemon is unsealed with, or seals it.
enum SealCaller: Sendable {
    /// A process of this machine, of root or of the user that the daemon runs as.
    case local(ReaderProcess)
    /// Somebody who came by TLS, from this address.
    case remote(String?)

    /// Sealing is for those who run the daemon.
    var canSeal: Bool {
        if case .local = self { true } else { false }
    }

    /// What the audit log has of it.
    func record(_ event: AuditEvent, _ reason: String) -> AuditRecord {
        var record = AuditRecord(event)
        switch self {
        case .local(let process): record.reader = process
        case .remote(let address): record.remote = address
        }
        record.reason = reason
        return record
    }
}

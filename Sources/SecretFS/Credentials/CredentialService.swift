internal import Glibc
public import SecretaryCore
public import SystemPackage

/// Decides what a unit gets as a credential, as a mount decides about an open: who asks, the rules about readers, the scopes, the
/// audit log, and only then the decryption.
///
/// The secret is what the repository says at that moment.
public final class CredentialService: Sendable {
    private let repository: FilePath
    private let decryptor: any Decryptor
    private let log: AuditLog?
    private let inspector = ReaderInspector()

    /// More than this systemd does not take (`CREDENTIAL_SIZE_MAX`).
    static let maximumCount = 1 << 20

    /// - Parameters:
    ///   - repository: whose views belong to units.
    ///   - log: where each answer is written down before it is given.
    public init(repository: FilePath, decryptor: any Decryptor, log: AuditLog?) {
        self.repository = repository
        self.decryptor = decryptor
        self.log = log
    }

    /// What is to be sent to the peer.
    /// - Throws: `.denied`; `.noInput` when there is no such view or file; what reading the repository, decrypting and
    ///   writing down throw.
    func answer(_ request: CredentialRequest, for peer: Caller) throws(SecretaryError) -> SecretBytes {
        var record = AuditRecord(.failed)
        record.mount = "credentials"
        record.secret = request.description
        let reader = inspector.reader(of: peer)
        record.reader = reader
        do throws(SecretaryError) {
            try Self.requireServiceManager(reader, of: request)
            let file = try secret(request)
            record.digest = file.versionText
            record.scope = file.scopeText
            let verdict = file.verdict(on: reader)
            record.decision = verdict.decision
            if let refusal = verdict.refusal { throw refusal }
            guard file.size <= Self.maximumCount else {
                throw SecretaryError(.malformed, "it has \(file.size) bytes, and systemd takes \(Self.maximumCount)")
            }
            let plaintext = try file.open()
            record.event = .open
            record.time = WallClock.nanoseconds()
            try log?.append(record)
            return plaintext
        } catch {
            if record.event != .open {
                record.event = error.code == .denied ? .denied : .failed
                record.reason = record.decision?.isAllowed == false ? nil : error.message
                // Nothing is let out: it does not matter here whether anybody confirms it.
                try? log?.append(record)
            }
            throw error.prefixed("\(request)")
        }
    }

    /// Writes down that this begins or ends.
    public func note(_ event: AuditEvent) throws(SecretaryError) {
        var record = AuditRecord(event)
        record.mount = "credentials"
        if event == .stop { try log?.close(record) } else { try log?.append(record) }
    }

    /// Any process can give its socket any name.
    ///
    /// Only root's are believed, or for a user's own service those of the user; and systemd loads credentials in a process that
    /// is in the control group of the unit already.
    private static func requireServiceManager(
        _ reader: ReaderProcess, of request: CredentialRequest
    ) throws(SecretaryError) {
        guard reader.uid == geteuid() else {
            throw SecretaryError(.denied, "user \(reader.uid) asks, who is not the service manager")
        }
        guard let group = reader.cgroup else {
            throw SecretaryError(.denied, "the control group of process \(reader.pid), which asks, cannot be told")
        }
        guard group.split(separator: "/").contains(Substring(request.unit)) else {
            throw SecretaryError(.denied, "process \(reader.pid), which asks, is in the control group \(group)")
        }
    }

    private func secret(_ request: CredentialRequest) throws(SecretaryError) -> SecretFile {
        let selection = MountSelection(
            place: repository, view: request.view, select: nil, layout: .keys, includesPlain: false, app: nil,
            mode: 0o400, owner: 0, group: 0)
        let files = try RepositorySource(selection, decryptor: decryptor).load(unsettled: []).files
        // A credential has a flat name.
        let found = files.filter { file in
            file.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") == request.credential
        }
        guard let first = found.first, case .secret(let secret) = first.body else {
            throw SecretaryError(
                .noInput, "the view \(request.view) has no secret \(request.credential)",
                hint: "a credential is called as the file of the view, with dots for slashes")
        }
        guard found.count == 1 else {
            throw SecretaryError(.configuration, "the view \(request.view) has two secrets of that name")
        }
        return secret
    }
}

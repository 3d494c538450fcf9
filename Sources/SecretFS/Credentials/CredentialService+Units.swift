internal import SecretaryCore

extension CredentialService {
    /// More than this systemd does not take (`CREDENTIAL_SIZE_MAX`).
    static let maximumUnitCount = 1 << 20

    /// What is to be sent to systemd for a unit.
    /// - Throws: `.denied`; `.noInput` when there is no such view or file; what reading the repository, decrypting and
    ///   writing down throw.
    func answer(_ request: CredentialRequest, for peer: Caller) throws(SecretaryError) -> SecretBytes {
        var record = AuditRecord(.failed)
        record.secret = request.description
        do throws(SecretaryError) {
            return try give(record, to: peer, counts: 0..<Self.maximumUnitCount + 1) {
                reader throws(SecretaryError) in
                try Self.requireServiceManager(reader, of: request)
                return try secret(request)
            }
        } catch {
            throw error.prefixed("\(request)")
        }
    }

    /// Any process can give its socket any name.
    ///
    /// Only root's are believed, or for a user's own service those of the user; and systemd loads credentials in a process that
    /// is in the control group of the unit already.
    private static func requireServiceManager(
        _ reader: ReaderProcess, of request: CredentialRequest
    ) throws(SecretaryError) {
        guard let group = reader.cgroup else {
            throw SecretaryError(.denied, "the control group of process \(reader.pid), which asks, cannot be told")
        }
        guard group.split(separator: "/").contains(Substring(request.unit)) else {
            throw SecretaryError(.denied, "process \(reader.pid), which asks, is in the control group \(group)")
        }
    }

    private func secret(_ request: CredentialRequest) throws(SecretaryError) -> SecretFile {
        let place = "the view \(request.view)"
        let secrets = try secrets(view: request.view)
        return try secrets.secret(called: request.credential, in: place)
    }
}

internal import Glibc
public import SecretaryCore
public import SystemPackage

/// Decides who gets a secret that is asked for by name, as a mount decides about an open: who asks, the rules about readers, the
/// scopes, the audit log, and only then the decryption.
///
/// The secret is what the repository says at that moment.
public final class CredentialService: Sendable {
    let repository: FilePath
    let decryptor: any Decryptor
    /// Whether a swarm's plugin may ask, too.
    let servesSwarm: Bool
    private let log: AuditLog?
    private let inspector = ReaderInspector()

    /// - Parameters:
    ///   - repository: whose secrets these are.
    ///   - log: where each answer is written down before it is given.
    ///   - servesSwarm: whether to believe processes of this user that say for which task of a Docker swarm they ask.
    public init(repository: FilePath, decryptor: any Decryptor, log: AuditLog?, servesSwarm: Bool = false) {
        self.repository = repository
        self.decryptor = decryptor
        self.log = log
        self.servesSwarm = servesSwarm
    }

    /// What is asked for, when it may be had.
    /// - Parameters:
    ///   - record: who asks and for what, as it is to be written down.
    ///   - counts: how many bytes whoever gets it takes.
    ///   - find: finds the secret; may refuse whoever asks.
    /// - Throws: `.denied`; what finding, decrypting and writing down throw.
    func give(
        _ record: AuditRecord, to peer: Caller, counts: Range<Int>,
        _ find: (ReaderProcess) throws(SecretaryError) -> SecretFile
    ) throws(SecretaryError) -> SecretBytes {
        var record = record
        record.mount = "credentials"
        let reader = inspector.reader(of: peer)
        record.reader = reader
        do throws(SecretaryError) {
            guard reader.uid == geteuid() else {
                throw SecretaryError(.denied, "user \(reader.uid) asks, and only user \(geteuid()) is believed")
            }
            let file = try find(reader)
            record.digest = file.versionText
            record.scope = file.scopeText
            let verdict = file.verdict(on: reader)
            record.decision = verdict.decision
            if let refusal = verdict.refusal { throw refusal }
            guard counts.contains(file.size) else {
                throw SecretaryError(
                    .malformed,
                    "it has \(file.size) bytes, where \(counts.lowerBound) to \(counts.upperBound - 1) are possible")
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
            throw error
        }
    }

    /// Writes down that this begins or ends.
    public func note(_ event: AuditEvent) throws(SecretaryError) {
        var record = AuditRecord(event)
        record.mount = "credentials"
        if event == .stop { try log?.close(record) } else { try log?.append(record) }
    }
}

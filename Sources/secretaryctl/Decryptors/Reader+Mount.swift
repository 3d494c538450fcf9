import SecretaryCore
import SecretaryRemote

/// What opens the envelopes of a mount.
struct MountDecryptor {
    let decryptor: any Decryptor
    /// Whether an envelope can be opened, as far as that can be told without asking somebody outside.
    let canOpen: @Sendable (Envelope) -> Bool
}

extension Reader {
    /// What opens envelopes for the readers of a mount.
    ///
    /// KMS opens those that are sealed for it, all others the daemon, if one is named, else local keys. What those outside
    /// have opened is kept.
    /// - Parameter deadline: how long a reader waits.
    /// - Throws: `.noInput` when a key is missing, `.usage` for a part of the claim, `.malformed`, `.denied`.
    func mountDecryptor(
        for repository: ConfigRepository, _ outside: OutsideOptions, deadline: Duration
    ) throws(SecretaryError) -> MountDecryptor {
        // A reader is to hear of what is kept, or of the trouble itself, before its own time is over.
        let patience = deadline * 0.8
        let kms = kmsDecryptor(outside, patience)
        if asksDaemon {
            let client = try daemonClient { settings in
                settings.patience = deadline * 0.4
                settings.timeout = patience
                settings.rounds = 1
            }
            let daemon = KeptSecrets(client, name: "daemon", policy: outside.policy)
            return MountDecryptor(decryptor: MixedDecryptor(kms: kms, others: daemon)) { _ in true }
        }
        let keys: KeyRing
        do throws(SecretaryError) {
            keys = try keyRing(for: repository)
        } catch {
            // What only KMS opens needs no key at hand.
            guard error.code == .noInput, outside.usesKMS else { throw error }
            keys = KeyRing()
        }
        let local = LocalDecryptor(keys: keys)
        return MountDecryptor(decryptor: MixedDecryptor(kms: kms, others: local)) { envelope in
            envelope.kind == .kms ? outside.usesKMS : local.canOpen(envelope)
        }
    }

    private func kmsDecryptor(_ outside: OutsideOptions, _ patience: Duration) -> any Decryptor {
        guard outside.usesKMS else { return ForbiddenKMS() }
        let client = KMSClient(timeout: patience * 0.5)
        return KeptSecrets(LocalDecryptor(keys: KeyRing(), service: client), name: "AWS KMS", policy: outside.policy)
    }
}

/// Stands where AWS KMS would be asked in a server that may not connect to other machines.
private struct ForbiddenKMS: Decryptor {
    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        throw SecretaryError(
            .unavailable, "a KMS envelope needs AWS KMS, and this mount may not connect to other machines",
            hint: "mount it with --kms, or with a variable such as AWS_REGION")
    }
}

/// Opens envelopes with the keys at hand, and with a data key service for `KMS` envelopes.
public final class LocalDecryptor: Decryptor {
    private let keys: KeyRing
    private let service: (any DataKeyService)?
    /// Every master key with every config key.
    private let agreements: [KeyAgreement]

    public init(keys: KeyRing, service: (any DataKeyService)? = nil) {
        self.keys = keys
        self.service = service
        self.agreements = keys.masterKeys.flatMap { master in
            keys.configKeys.map { KeyAgreement(master: master, config: $0) }
        }
    }

    /// Only a data key service is outside; keys at hand never wait.
    public func mayBlock(on envelope: Envelope) -> Bool {
        if case .kms = envelope { service != nil } else { false }
    }

    public func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        switch envelope {
        case .nacl(let envelope): try unsafe openNaCl(envelope, into: target)
        case .hpke(let envelope): try unsafe openHPKE(envelope, into: target)
        case .kms(let envelope): try unsafe openKMS(envelope, into: target)
        }
    }

    /// Whether a key fits, without decrypting: `HPKE` says which keys it wants, `NACL` is tried by its authentication tag
    /// alone, and for `KMS` there must be a service.
    public func canOpen(_ envelope: Envelope) -> Bool {
        switch envelope {
        case .nacl(let envelope):
            agreements.contains { (try? $0.secret().authenticates(envelope)) ?? false }
        case .hpke(let envelope):
            keys.masterKey(envelope.recipient) != nil && keys.configKey(envelope.sender) != nil
        case .kms:
            service != nil
        }
    }

    private func openNaCl(_ envelope: NaClEnvelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        for agreement in agreements where unsafe try agreement.secret().open(envelope, into: target) { return }
        if agreements.isEmpty {
            throw SecretaryError(
                .wrongKey, "a NACL envelope needs a master private key and a config public key, and there is none")
        }
        throw .authenticationFailed(
            "it is sealed for another master key, was written with another config key, or has been changed")
    }

    private func openHPKE(_ envelope: HPKEEnvelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        let agreement = agreements.first { $0.master.id == envelope.recipient && $0.config.id == envelope.sender }
        guard let agreement else {
            throw keys.masterKey(envelope.recipient) == nil
                ? LocalDecryptor.unknownKey("master", envelope.recipient, known: keys.masterKeys.map(\.id))
                : LocalDecryptor.unknownKey("config", envelope.sender, known: keys.configKeys.map(\.id))
        }
        try unsafe envelope.open(with: agreement, into: target)
    }

    private func openKMS(_ envelope: KMSEnvelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        guard let service else {
            throw SecretaryError(.unavailable, "a KMS envelope needs AWS KMS, which is not set up")
        }
        let dataKey = try service.decryptDataKey(envelope.encryptedDataKey, scope: envelope.scope)
        try unsafe envelope.open(with: dataKey, into: target)
    }

    private static func unknownKey(_ role: String, _ id: KeyID, known: [KeyID]) -> SecretaryError {
        let list = known.isEmpty ? "there is none" : "there is \(known.map(\.description).joined(separator: ", "))"
        return SecretaryError(.wrongKey, "unknown \(role) key \(id): \(list)")
    }
}

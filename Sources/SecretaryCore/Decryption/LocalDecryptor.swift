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

    public func open(_ envelope: Envelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
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
        throw SecretaryError(
            .wrongKey, agreements.isEmpty ? "no master and config key at hand" : "authentication failed",
            hint: "it was sealed for another master key, by another config key, or was changed")
    }

    private func openHPKE(_ envelope: HPKEEnvelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        throw SecretaryError(.unavailable, "not built yet")
    }

    private func openKMS(_ envelope: KMSEnvelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        throw SecretaryError(.unavailable, "not built yet")
    }
}

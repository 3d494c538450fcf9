internal import CSodium

// Opening and sealing HPKE envelopes: what `HPKEContext` makes of the keys that an envelope names.

extension HPKEEnvelope {
    static let info = Array("secretary/hpke/1".utf8)

    /// Opens the envelope into `target`, of exactly its `plaintextCount`.
    /// - Throws: `.wrongKey` when it was changed, or was not sealed by these keys.
    func open(with agreement: KeyAgreement, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        let encapsulatedKey = try PublicKey(bytes: Array(encapsulatedKey))
        let context = try HPKEContext(
            privateKey: agreement.master, publicKey: encapsulatedKey, secret: agreement.secret(),
            encapsulatedKey: encapsulatedKey, recipient: agreement.master.publicKey, sender: agreement.config,
            info: HPKEEnvelope.info)
        let isOpen = unsafe payload.withOctets { payload in
            unsafe context.open(
                payload.part(ciphertext.startIndex, ciphertext.count),
                additionalData: payload.part(0, header.count), into: target)
        }
        guard isOpen else { throw .authenticationFailed("it has been changed since it was sealed") }
    }

    /// Seals `plaintext` to `recipient`.
    /// - Parameters:
    ///   - secret: what the sender's and the recipient's keys share.
    ///   - ephemeral: a key that is used for nothing else.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, scope: Scope?, recipient: PublicKey, sender: PublicKey,
        secret: SharedSecret, ephemeral: PrivateKey
    ) throws(SecretaryError) -> HPKEEnvelope {
        let header = header(recipient: recipient.id, sender: sender.id, scope: scope)
        let context = try HPKEContext(
            privateKey: ephemeral, publicKey: recipient, secret: secret, encapsulatedKey: ephemeral.publicKey,
            recipient: recipient, sender: sender, info: info)
        let ciphertext = unsafe context.seal(plaintext, additionalData: header)
        return try HPKEEnvelope(payload: header + ephemeral.publicKey.bytes + ciphertext)
    }
}

/// Turns a secret into an envelope.
public protocol Sealer: Sendable {
    /// - Parameter scope: who may open it; `NACL` envelopes cannot carry one.
    /// - Throws: `.usage` for a scope that this type of envelope cannot carry, `.malformed` for more than 16 MiB.
    func seal(_ plaintext: borrowing SecretBytes, scope: Scope?) throws(SecretaryError) -> Envelope
}

/// Seals `NACL` envelopes, which the original reads.
public struct NaClSealer: Sealer {
    private let secret: SharedSecret

    /// - Parameters:
    ///   - masterKey: whose private half opens the envelopes.
    ///   - configKey: whose public half vouches for the writer.
    public init(masterKey: PublicKey, configKey: PrivateKey) throws(SecretaryError) {
        self.secret = try SharedSecret(privateKey: configKey, publicKey: masterKey)
    }

    public func seal(_ plaintext: borrowing SecretBytes, scope: Scope? = nil) throws(SecretaryError) -> Envelope {
        try requireSize(plaintext.count)
        if let scope {
            throw SecretaryError(
                .usage, "a NACL envelope cannot carry the scope \(scope)", hint: "seal it with --format hpke")
        }
        let envelope = try unsafe plaintext.withUnsafeBytes { (bytes) throws(SecretaryError) in
            try unsafe secret.seal(bytes)
        }
        return .nacl(envelope)
    }
}

/// Seals `HPKE` envelopes, which carry a scope and which their writer cannot read.
public struct HPKESealer: Sealer {
    private let masterKey: PublicKey
    private let configKey: PrivateKey
    private let secret: SharedSecret

    public init(masterKey: PublicKey, configKey: PrivateKey) throws(SecretaryError) {
        self.masterKey = masterKey
        self.configKey = configKey
        self.secret = try SharedSecret(privateKey: configKey, publicKey: masterKey)
    }

    public func seal(_ plaintext: borrowing SecretBytes, scope: Scope?) throws(SecretaryError) -> Envelope {
        try requireSize(plaintext.count)
        let ephemeral = try PrivateKey.generate()
        let envelope = try unsafe plaintext.withUnsafeBytes { (bytes) throws(SecretaryError) in
            try unsafe HPKEEnvelope.seal(
                bytes, scope: scope, recipient: masterKey, sender: configKey.publicKey, secret: secret,
                ephemeral: ephemeral)
        }
        return .hpke(envelope)
    }
}

/// Seals `KMS` envelopes, each under a data key of its own.
public struct KMSSealer: Sealer {
    private let service: any DataKeyService
    private let keyID: String

    /// - Parameter keyID: what the service calls the key that encrypts the data keys.
    public init(service: any DataKeyService, keyID: String) {
        self.service = service
        self.keyID = keyID
    }

    public func seal(_ plaintext: borrowing SecretBytes, scope: Scope? = nil) throws(SecretaryError) -> Envelope {
        try requireSize(plaintext.count)
        let dataKey = try service.generateDataKey(keyID: keyID, scope: scope)
        let envelope = try unsafe plaintext.withUnsafeBytes { (bytes) throws(SecretaryError) in
            try unsafe KMSEnvelope.seal(bytes, with: dataKey, scope: scope)
        }
        return .kms(envelope)
    }
}

extension Sealer {
    /// Refuses what could not be opened again.
    fileprivate func requireSize(_ count: Int) throws(SecretaryError) {
        guard count <= SecretBytes.maximumCount else {
            throw SecretaryError(.malformed, "a secret has at most \(SecretBytes.maximumCount >> 20) MiB")
        }
    }
}

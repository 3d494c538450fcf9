/// What a task and the daemon share: the secrets of the master key with the task's deploy key and, if it has one, its service
/// key.
///
/// Either side computes the same from its private and the other's public keys. It costs an X25519 a key, more than all else
/// of a request: whoever talks with the same task again keeps it.
public final class TaskAgreement: Sendable {
    let deploy: SharedSecret
    let service: SharedSecret?
    /// The daemon's key.
    public let masterKey: PublicKey

    /// The daemon's side.
    /// - Throws: `.wrongKey` for a public key that nobody can have made.
    public init(master: PrivateKey, deploy: PublicKey, service: PublicKey?) throws(SecretaryError) {
        self.deploy = try SharedSecret(privateKey: master, publicKey: deploy)
        self.service = if let service { try SharedSecret(privateKey: master, publicKey: service) } else { nil }
        masterKey = master.publicKey
    }

    /// The task's side.
    /// - Throws: `.wrongKey` for a public key that nobody can have made.
    public init(deploy: PrivateKey, service: PrivateKey?, master: PublicKey) throws(SecretaryError) {
        self.deploy = try SharedSecret(privateKey: deploy, publicKey: master)
        self.service = if let service { try SharedSecret(privateKey: service, publicKey: master) } else { nil }
        masterKey = master
    }

    /// The key of the innermost box.
    var innermost: SharedSecret { service ?? deploy }

    /// - Throws: `.wrongKey`, naming the key of the innermost box.
    func requireOpen(_ isOpen: Bool) throws(SecretaryError) {
        guard isOpen else { throw .notSealed(with: service == nil ? "deploy" : "service") }
    }
}

extension SecretaryError {
    /// A box that does not open, in either direction.
    static func notSealed(with key: String) -> SecretaryError {
        SecretaryError(.wrongKey, "it is not sealed with the task's \(key) key and this master key, or was changed")
    }
}

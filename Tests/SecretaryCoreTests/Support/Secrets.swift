import SecretaryCore

// Tests compare plaintext, so here it may become an array.

extension SecretBytes {
    init(_ bytes: [UInt8]) throws(SecretaryError) {
        try unsafe self.init(count: bytes.count) { unsafe $0.copyBytes(from: bytes) }
    }

    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}

extension PrivateKey {
    static func reading(_ text: [UInt8]) throws -> PrivateKey {
        try unsafe text.withUnsafeBytes { text in try unsafe PrivateKey(text: text) }
    }

    var text: [UInt8] { get throws { try pem().array } }
}

extension Decryptor {
    /// The plaintext of one envelope.
    func open(_ envelope: Envelope) throws(SecretaryError) -> [UInt8] {
        try unsafe SecretBytes(count: envelope.plaintextCount) { (target) throws(SecretaryError) in
            try unsafe open(envelope, name: nil, into: target)
        }.array
    }
}

extension Sealer {
    func seal(_ plaintext: [UInt8], scope: Scope? = nil) throws(SecretaryError) -> Envelope {
        try seal(SecretBytes(plaintext), scope: scope)
    }
}

extension Value {
    init(_ text: String) {
        self.init(scanning: Array(text.utf8))
    }
}

/// A pair of key pairs, and what is made of them.
struct TestKeys {
    let master: PrivateKey
    let config: PrivateKey

    init() throws {
        master = try PrivateKey.generate()
        config = try PrivateKey.generate()
    }

    var decryptor: LocalDecryptor {
        LocalDecryptor(keys: KeyRing(masterKeys: [master], configKeys: [config.publicKey]))
    }

    var naclSealer: NaClSealer {
        get throws { try NaClSealer(masterKey: master.publicKey, configKey: config) }
    }

    var hpkeSealer: HPKESealer {
        get throws { try HPKESealer(masterKey: master.publicKey, configKey: config) }
    }
}

/// The keys at hand for opening envelopes: several master keys can be live during a rotation, and several config keys.
public struct KeyRing: Sendable {
    public private(set) var masterKeys: [PrivateKey] = []
    public private(set) var configKeys: [PublicKey] = []

    public init(masterKeys: [PrivateKey] = [], configKeys: [PublicKey] = []) {
        masterKeys.forEach { add(master: $0) }
        configKeys.forEach { add(config: $0) }
    }

    /// Adds the private half of a master key; a key that is there already is not added again.
    public mutating func add(master key: PrivateKey) {
        if masterKey(key.id) == nil { masterKeys.append(key) }
    }

    /// Adds the public half of a config key, whose holders are trusted to write secrets.
    public mutating func add(config key: PublicKey) {
        if configKey(key.id) == nil { configKeys.append(key) }
    }

    public func masterKey(_ id: KeyID) -> PrivateKey? { masterKeys.first { $0.id == id } }

    public func configKey(_ id: KeyID) -> PublicKey? { configKeys.first { $0.id == id } }
}

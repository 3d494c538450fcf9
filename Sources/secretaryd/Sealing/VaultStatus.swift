import SecretaryCore

/// What everybody who may unseal a daemon is told.
struct VaultStatus: Sendable {
    /// One master key.
    struct Key: Sendable {
        let id: KeyID
        let isSealed: Bool
        /// The set of its shares; `nil` when it needs a passphrase.
        let set: UInt64?
        /// How many shares, or passphrases, are needed.
        let threshold: Int
        /// Numbers of the shares that were given, while it is sealed.
        let given: [Int]

        /// - Parameter sealed: how far it is, while it is sealed.
        init(_ key: SealedKey, sealed: SealedKey?) {
            id = key.publicKey.id
            isSealed = sealed != nil
            switch sealed ?? key {
            case .passphrase: (set, threshold, given) = (nil, 1, [])
            case .shares(let shares, let collection):
                (set, threshold, given) = (shares.identifier, shares.threshold, collection.given)
            }
        }
    }

    /// What shares and passphrases have to be sealed for.
    let session: PublicKey
    let keys: [Key]

    var isSealed: Bool { keys.contains(where: \.isSealed) }

    /// `sealed: 1 of 3 shares of the key …`, for reports; `nil` when it is not.
    var progress: String? {
        guard isSealed else { return nil }
        let parts = keys.filter(\.isSealed).map { key in
            key.set == nil
                ? "the key \(key.id) needs its passphrase"
                : "\(key.given.count) of \(key.threshold) shares of the key \(key.id)"
        }
        return "sealed: " + parts.joined(separator: ", ")
    }

    var json: JSONText {
        .object([
            ("sealed", .boolean(isSealed)), ("session_key", .string(session.base64)),
            (
                "keys",
                .array(
                    keys.map { key in
                        .object([
                            ("id", .string("\(key.id)")), ("sealed", .boolean(key.isSealed)),
                            ("set", key.set.map { .string("\(KeyID(rawValue: $0))") } ?? .null),
                            ("threshold", .number(key.threshold)), ("given", .array(key.given.map { .number($0) })),
                        ])
                    })
            ),
        ])
    }
}

public import SecretaryCore
internal import SystemPackage

/// What a daemon says about the master keys that it started without.
public struct SealState: Sendable {
    public struct Key: Sendable {
        public let id: String
        public let isSealed: Bool
        /// Names the set of its shares; `nil` when it needs a passphrase.
        public let set: String?
        /// How many shares, or passphrases, are needed.
        public let threshold: Int
        /// Numbers of the shares that were given.
        public let given: [Int]
    }

    /// What shares and passphrases are sealed for.
    public let session: PublicKey
    public let keys: [Key]

    public var isSealed: Bool { keys.contains(where: \.isSealed) }

    /// - Throws: `.malformed` when it is not what a daemon says.
    init(_ body: [UInt8]) throws(SecretaryError) {
        guard let root = try? ConfigFile.parse(body, path: "answer", format: .json).root,
            let session = root.child("session_key")?.literalText,
            let key = try? PublicKey(text: Array(session.utf8)), case .sequence(let nodes)? = root.child("keys")
        else { throw SealState.notUnderstood }
        self.session = key
        var keys: [Key] = []
        for node in nodes {
            guard let id = node.child("id")?.literalText, let sealed = node.child("sealed")?.literalText,
                let threshold = node.child("threshold")?.literalText.flatMap({ Int($0) }),
                case .sequence(let given)? = node.child("given")
            else { throw SealState.notUnderstood }
            keys.append(
                Key(
                    id: id, isSealed: sealed == "true", set: node.child("set")?.literalText, threshold: threshold,
                    given: given.compactMap { $0.literalText.flatMap { Int($0) } }))
        }
        self.keys = keys
    }

    private static var notUnderstood: SecretaryError {
        SecretaryError(.malformed, "the daemon's answer cannot be understood")
    }
}

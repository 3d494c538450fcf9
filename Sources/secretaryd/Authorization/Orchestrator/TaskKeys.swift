import SecretaryCore

/// The public keys that a task's configuration proves it by.
struct TaskKeys: Sendable {
    let deploy: PublicKey
    /// Wanted beside the deploy key when there is one.
    let service: PublicKey?

    /// - Parameters:
    ///   - task: what it belongs to, for errors.
    ///   - find: the value of a variable; `nil` when there is none.
    /// - Throws: `.denied` when there is no deploy key, or one of the two cannot be used.
    init(of task: some CustomStringConvertible, find: (String) -> Value?) throws(SecretaryError) {
        guard let deploy = try Self.key(find, "DEPLOY_PUBLIC_KEY") else {
            throw SecretaryError(
                .denied, "\(task) has no DEPLOY_PUBLIC_KEY in its environment",
                hint: "make a pair with 'secretaryctl genkeys deploy', and give the app both halves")
        }
        self.deploy = deploy
        service = try Self.key(find, "SERVICE_PUBLIC_KEY")
    }

    /// A key that is there must be good: a broken service key is not as good as none.
    private static func key(_ find: (String) -> Value?, _ name: String) throws(SecretaryError) -> PublicKey? {
        guard let value = find(name) else { return nil }
        guard case .literal(let text)? = value.pieces.first, value.pieces.count == 1,
            let key = try? PublicKey(text: text)
        else { throw SecretaryError(.denied, "the \(name) of the app is no public key") }
        return key
    }
}

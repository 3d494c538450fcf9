internal import SystemPackage

extension ConfigRepository {
    /// The keys for opening that the settings lead to: every master key whose private half is at hand, and every config
    /// key.
    ///
    /// Where the settings name the public half of a master key, the private one is looked for beside it, under the same
    /// name with `private` for `public`.
    /// - Parameter allowInsecure: accept private key files that others than their owner can read.
    /// - Throws: `.noInput`, `.malformed`, `.denied` for a named key that cannot be used; a private half that is not there is no error.
    public func keyRing(allowInsecure: Bool) throws(SecretaryError) -> KeyRing {
        var ring = KeyRing()
        for keys in [settings.keys] + settings.environments.map(\.keys) {
            if let path = keys[.master], let key = try masterKey(at: path, allowInsecure) { ring.add(master: key) }
            if let path = keys[.config] { ring.add(config: try configKey(at: path, allowInsecure)) }
        }
        return ring
    }

    private func masterKey(at path: FilePath, _ allowInsecure: Bool) throws(SecretaryError) -> PrivateKey? {
        let name = path.lastComponent?.string ?? ""
        let sibling = path.removingLastComponent().appending(Self.privateName(of: name))
        let file = root.pushing(sibling)
        guard SafeFile.exists(file) else { return nil }
        return try KeyFiles.readPrivateKey(file, allowInsecure: allowInsecure)
    }

    /// The settings may name either half: who writes needs the private one, and the public one follows from it.
    private func configKey(at path: FilePath, _ allowInsecure: Bool) throws(SecretaryError) -> PublicKey {
        let publicName = path.lastComponent?.string.replacing("private", with: "public") ?? ""
        let file = root.pushing(path.removingLastComponent().appending(publicName))
        if SafeFile.exists(file) { return try KeyFiles.readPublicKey(file) }
        return try KeyFiles.readPrivateKey(root.pushing(path), allowInsecure: allowInsecure).publicKey
    }

    private static func privateName(of name: String) -> String { name.replacing("public", with: "private") }
}

import SecretaryCore
import SystemPackage

/// The master and config pairs of a new repo: those that exist are used, those that do not are made, none is replaced.
struct SkeletonKeys {
    let folder: FilePath

    /// What is needed to seal the example.
    struct Complete {
        let master: PublicKey
        let config: PrivateKey
        /// The files that were written.
        let made: [FilePath]
    }

    /// - Throws: `.cannotCreate` when half of a pair exists that cannot be used without the other; what reading and
    ///   writing keys throws.
    func complete() throws(SecretaryError) -> Complete {
        let masterFile = file(.master, "public")
        let configFile = file(.config, "private")
        // A clone of a repo has the public half of its master key only, and needs no more.
        try requireNone(of: .master, "private", unless: masterFile)
        try requireNone(of: .config, "public", unless: configFile)

        var missing: [(name: String, key: PrivateKey)] = []
        let master: PublicKey
        if PlainFile.exists(masterFile) {
            master = try KeyFiles.readPublicKey(masterFile)
        } else {
            let key = try PrivateKey.generate()
            missing.append((KeyRole.master.rawValue, key))
            master = key.publicKey
        }
        let config: PrivateKey
        if PlainFile.exists(configFile) {
            config = try KeyFiles.readPrivateKey(configFile)
        } else {
            config = try PrivateKey.generate()
            missing.append((KeyRole.config.rawValue, config))
        }
        let made = missing.isEmpty ? [] : try KeyFiles.write(missing, in: folder)
        return Complete(master: master, config: config, made: made)
    }

    private func file(_ role: KeyRole, _ half: String) -> FilePath {
        folder.appending("\(role.rawValue)-\(half)-key.pem")
    }

    private func requireNone(of role: KeyRole, _ half: String, unless needed: FilePath) throws(SecretaryError) {
        let other = file(role, half)
        guard PlainFile.exists(other), !PlainFile.exists(needed) else { return }
        throw SecretaryError(
            .cannotCreate, "\(other) exists, but \(needed) does not, and a new pair would replace it",
            hint: "put the other half beside it, or move it away")
    }
}

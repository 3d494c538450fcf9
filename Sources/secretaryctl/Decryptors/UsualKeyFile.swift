import SecretaryCore
import SystemPackage

/// The files in which keys are looked for that nobody names, as `genkeys` calls them.
enum UsualKeyFile: String, CaseIterable {
    case masterPrivateKey = "master-private-key.pem"
    case masterPublicKey = "master-public-key.pem"
    case configPublicKey = "config-public-key.pem"

    func path(in folder: FilePath) -> FilePath { folder.appending(rawValue) }
}

extension Reader {
    /// The folders that can have them.
    func keyFolders(of repository: ConfigRepository) -> [FilePath] {
        [keysFolder, repository.root.appending("keys")]
    }
}

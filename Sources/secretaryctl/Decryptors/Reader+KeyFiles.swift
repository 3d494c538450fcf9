import SecretaryCore
import SystemPackage

extension Reader {
    /// The files in which keys for a repository are looked for, whether they are there or not, and the settings that name some;
    /// without those that variables name.
    func keyFiles(for repository: ConfigRepository) -> Set<FilePath> {
        let root = repository.root
        let named = [privateKey, configKey, daemon.masterKey, daemon.serviceKey].compactMap(\.self).map { FilePath($0) }
        let usual = keyFolders(of: repository).flatMap { folder in UsualKeyFile.allCases.map { $0.path(in: folder) } }
        let settings = repository.keyFiles.map { root.pushing($0) } + [root.appending(Settings.fileName)]
        return Set(named + usual + settings)
    }
}

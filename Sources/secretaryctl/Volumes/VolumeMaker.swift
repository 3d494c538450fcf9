import SecretFS
import SecretaryCore
import SystemPackage

/// Makes of a volume's definition what is shown, and what opens it.
struct VolumeMaker: Sendable {
    /// Where relative sources are.
    let sources: FilePath
    /// Where key files are.
    let keys: FilePath
    /// What holds for all volumes: files for TLS, and what a daemon is told that no definition says.
    let reader: Reader
    let outside: OutsideOptions
    /// How long a reader waits.
    let deadline: Duration
    /// For files of volumes that say nothing else.
    let mode: UInt32
    let owner: UInt32
    let group: UInt32

    /// - Throws: `.noInput` when the source or a key is missing, `.malformed`, `.denied`, `.configuration`.
    func content(of definition: VolumeDefinition) throws(SecretaryError) -> VolumeContent {
        let meaning = definition.meaning
        var selection = MountSelection(
            place: sources.pushing(meaning.source), view: meaning.view, select: meaning.select, layout: meaning.layout,
            includesPlain: false, app: meaning.app, mode: meaning.mode ?? mode, owner: meaning.uid ?? owner,
            group: meaning.gid ?? group)
        selection.volume = VolumeAccess(definition)
        let repository = try ConfigRepository.discover(from: selection.place)
        let reader = reader(of: definition)
        // Before they are read: what changes meanwhile is noticed.
        let files = VolumeKeys(reader.keyFiles(for: repository))
        do {
            let opener = try reader.mountDecryptor(for: repository, outside, deadline: deadline)
            return VolumeContent(
                source: RepositorySource(selection, decryptor: opener.decryptor), keys: files, canOpen: opener.canOpen)
        } catch {
            guard error.code == .noInput else { throw error }
            throw SecretaryError(
                .noInput, error.message, hint: "put the key into \(keys), or name it with the option deploy-key-file")
        }
    }

    /// Who reads: nothing of it comes from the environment, which is that of all volumes.
    private func reader(of definition: VolumeDefinition) -> Reader {
        let meaning = definition.meaning
        var reader = reader
        reader.environment = .values([:])
        reader.keysFolder = keys
        reader.app = meaning.app?.description
        reader.privateKey = meaning.deployKeyFile.map { keys.pushing($0).string }
        reader.daemon.serviceKey = meaning.serviceKeyFile.map { keys.pushing($0).string }
        reader.daemon.urls = meaning.urls
        reader.daemon.appVersion = reader.daemon.appVersion ?? "volume"
        reader.daemon.taskID = reader.daemon.taskID ?? definition.name
        return reader
    }
}

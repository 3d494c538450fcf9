import SecretaryCore
import SystemPackage

/// What the nearest `.secretary.yaml` says about new secrets in the current folder.
struct WriterDefaults {
    let format: EnvelopeFormat
    /// Key files; `nil` where the settings name none.
    let masterKey: FilePath?
    let configKey: FilePath?

    /// - Throws: `.configuration` when the settings are wrong, `.denied` when they belong to somebody else.
    static func nearest() throws(SecretaryError) -> WriterDefaults {
        let repository = try ConfigRepository.discover(from: ".")
        // An environment is chosen by a file's place. The file is not known here, its folder is.
        let place = repository.relativePath(of: "secret") ?? "secret"
        return WriterDefaults(
            format: repository.format(for: place), masterKey: repository.keyFile(.master, for: place),
            configKey: repository.keyFile(.config, for: place))
    }
}

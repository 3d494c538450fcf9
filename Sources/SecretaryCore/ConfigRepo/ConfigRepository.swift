internal import Glibc
public import SystemPackage

/// A folder of encrypted configuration with its `.secretary.yaml`, if it has one.
public struct ConfigRepository: Sendable {
    /// Absolute, without symbolic links.
    public let root: FilePath
    public let settings: Settings

    /// What makes a folder the root of a repository.
    package static let marks = [Settings.fileName, ".git"]

    public init(root: FilePath, settings: Settings) {
        self.root = root
        self.settings = settings
    }

    /// Finds the repository that a file or folder belongs to: the nearest folder upwards with a `.secretary.yaml`, but
    /// none above the folder with `.git`.
    ///
    /// When there is none, the folder itself with the default settings.
    /// - Parameter place: a file or folder; it must exist.
    /// - Throws: `.noInput` when `place` does not exist, `.configuration` for settings that are wrong, `.denied` for
    ///   settings above `place` that belong to somebody else.
    public static func discover(from place: FilePath) throws(SecretaryError) -> ConfigRepository {
        let start = try SafeFile.resolve(place)
        let status = try SafeFile.status(of: start)
        let folder = status.isFolder ? start : start.removingLastComponent()
        var candidate = folder
        while true {
            let file = candidate.appending(Settings.fileName)
            if SafeFile.exists(file) {
                let bytes = try SafeFile.read(file) { status throws(SecretaryError) in
                    try checkOwner(status.owner, of: file, for: folder)
                }
                return ConfigRepository(root: candidate, settings: try Settings.parse(bytes, name: file.string))
            }
            if SafeFile.exists(candidate.appending(".git")) { break }
            guard candidate.removeLastComponent() else { break }
        }
        return ConfigRepository(root: folder, settings: Settings())
    }

    /// The path of a file from the root, with `/` between its parts; `nil` when it is not below the root.
    /// - Parameter file: absolute or relative to the current folder; the file itself need not exist yet.
    public func relativePath(of file: FilePath) -> String? {
        var folder = file
        guard let name = file.lastComponent, name.kind == .regular else {
            return (try? SafeFile.resolve(file)).flatMap(below)
        }
        folder.removeLastComponent()
        return (try? SafeFile.resolve(folder.isEmpty ? "." : folder)).flatMap { below($0.appending(name)) }
    }

    private func below(_ path: FilePath) -> String? {
        var path = path
        guard path.removePrefix(root) else { return nil }
        return path.string
    }

    /// The first environment that a file belongs to.
    public func environment(for relativePath: String) -> Environment? {
        settings.environments.first { $0.matches(relativePath) }
    }

    /// How new secrets in a file are encrypted.
    public func format(for relativePath: String) -> EnvelopeFormat {
        environment(for: relativePath)?.format ?? settings.format
    }

    /// What happens to values without a scope in a file.
    public func unscoped(for relativePath: String) -> UnscopedPolicy {
        environment(for: relativePath)?.unscoped ?? settings.unscoped
    }

    /// The key file for a file's secrets, as an absolute path; `nil` when the settings name none.
    public func keyFile(_ role: KeyRole, for relativePath: String? = nil) -> FilePath? {
        let own = relativePath.flatMap { environment(for: $0) }?.keys[role]
        return (own ?? settings.keys[role]).map { root.pushing($0) }
    }

    /// All key files that the settings name, relative to the root, each with its other half.
    public var keyFiles: Set<FilePath> {
        let named = Array(settings.keys.values) + settings.environments.flatMap(\.keys.values)
        var files = Set(named)
        for file in named {
            guard let name = file.lastComponent?.string else { continue }
            for (half, other) in [("public", "private"), ("private", "public")] where name.contains(half) {
                files.insert(file.removingLastComponent().appending(name.replacing(half, with: other)))
            }
        }
        return files
    }

    /// The scope of the secrets in a file; `nil` when the settings give none.
    /// - Throws: as `Environment.scope(for:)`.
    public func scope(for relativePath: String) throws(SecretaryError) -> Scope? {
        try environment(for: relativePath)?.scope(for: relativePath)
    }

    /// Settings choose the keys that secrets are encrypted with.
    ///
    /// Those of a folder above must not come from somebody else: anyone may put a `.secretary.yaml` into `/tmp`.
    private static func checkOwner(
        _ owner: UInt32, of file: FilePath, for folder: FilePath
    ) throws(SecretaryError) {
        let trusted = [0, geteuid(), try SafeFile.status(of: folder).owner]
        guard trusted.contains(owner) else {
            throw SecretaryError(
                .denied, "\(file) belongs to user \(owner), who owns neither \(folder) nor this process",
                hint: "make the repository's root a folder with .git, or change the owner of the file")
        }
    }
}

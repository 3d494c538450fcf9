internal import SecretaryCore
internal import SystemPackage

/// The config files that a source consists of at one moment, and where to watch for others.
struct SourceFiles {
    struct File {
        /// Absolute, without symbolic links.
        let path: FilePath
        /// From `folder`.
        let name: FilePath
        /// What comes before the names of its values; empty where the file itself is the source.
        let place: [String]
    }

    /// Whether the source is a folder, not a single file.
    let isFolder: Bool
    /// The folder that all files are in.
    let folder: FilePath
    let files: [File]
    let directories: [FilePath]
    let warnings: [String]

    /// - Parameter source: a config file or a folder of them, in `repository`.
    /// - Throws: `.noInput` when there is no such file or folder, or it cannot be read.
    init(at source: FilePath, in repository: ConfigRepository) throws(SecretaryError) {
        let isLink: Bool
        do {
            isFolder = try Stat(source).type == .directory
            isLink = try Stat(source, followTargetSymlink: false).type == .symbolicLink
        } catch {
            throw SecretaryError(.noInput, "cannot read the source \(source): \(error)", hint: "check the path")
        }
        // What a link points to is taken; links further below are not followed.
        let resolved = repository.relativePath(of: source).map { repository.root.pushing(FilePath($0)) } ?? source
        var directories = [repository.root]
        if isLink { directories.append(source.removingLastComponent()) }
        if isFolder {
            let keys = repository.keyFiles.compactMap { key in
                var path = repository.root.pushing(key)
                return path.removePrefix(resolved) ? path : nil
            }
            let tree = try SourceTree.scan(resolved, leavingOut: Set(keys))
            folder = resolved
            files = tree.files.map { file in
                File(
                    path: resolved.pushing(file.path), name: file.path,
                    place: file.path.components.map(\.string))
            }
            directories += tree.folders.map { resolved.pushing($0) }
            warnings = tree.skipped.compactMap { skipped in
                skipped.reason.isExpected ? nil : "\(resolved.pushing(skipped.path)) \(skipped.reason)"
            }
        } else {
            folder = resolved.removingLastComponent()
            files = [File(path: resolved, name: FilePath(resolved.lastComponent?.string ?? ""), place: [])]
            directories.append(folder)
            warnings = []
        }
        self.directories = directories
    }
}

extension SourceTree.Reason {
    /// Whether every config repository has such files, so that nobody needs to hear of them.
    fileprivate var isExpected: Bool {
        switch self {
        case .git, .settings, .key: true
        case .symbolicLink, .special, .tooLarge, .unreadable: false
        }
    }
}

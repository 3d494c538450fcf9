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
        /// From the root of the repository.
        let relativePath: String
    }

    /// Whether the source is a folder, not a single file.
    let isFolder: Bool
    /// The folder that all files are in.
    let folder: FilePath
    let files: [File]
    /// Where a change can change these, the repository, or the way to `source`.
    let places: SourcePlaces
    /// What looks like a config file and cannot be taken, with the reason.
    let skipped: [(path: FilePath, warning: String)]

    /// - Parameter source: a config file or a folder of them, in `repository`.
    /// - Throws: `.noInput` when there is no such file or folder, or it cannot be read.
    init(at source: FilePath, in repository: ConfigRepository) throws(SecretaryError) {
        let resolved: FilePath
        do {
            // What a link points to is taken; links further below are not followed.
            resolved = FilePath(try MountPath.resolve(source))
            isFolder = try Stat(resolved).type == .directory
        } catch {
            throw SecretaryError(.noInput, "cannot read the source \(source): \(error)", hint: "check the path")
        }
        var places = SourcePlaces(files: Set(SymbolicLinks.way(to: source)))
        if isFolder {
            // Of a folder all that is in it matters, and not what is beside it.
            places.files.remove(resolved)
            let keys = repository.keyFiles.compactMap { key in
                var path = repository.root.pushing(key)
                return path.removePrefix(resolved) ? path : nil
            }
            let tree = try SourceTree.scan(resolved, leavingOut: Set(keys))
            folder = resolved
            let below = repository.relativePath(of: resolved) ?? resolved.string
            let prefix = below.isEmpty ? "" : below + "/"
            // Put together as texts: there may be tens of thousands, and all are looked at for each change.
            files = tree.files.map { file in
                let name = file.path.string
                return File(
                    path: FilePath("\(resolved)/\(name)"), name: file.path,
                    place: name.split(separator: "/").map(String.init), relativePath: prefix + name)
            }
            places.directories = Set(tree.folders.map { resolved.pushing($0) })
            skipped = tree.skipped.compactMap { skipped in
                let path = resolved.pushing(skipped.path)
                return skipped.reason.isExpected ? nil : (path, "\(path) \(skipped.reason)")
            }
        } else {
            folder = resolved.removingLastComponent()
            files = [
                File(
                    path: resolved, name: FilePath(resolved.lastComponent?.string ?? ""), place: [],
                    relativePath: repository.relativePath(of: resolved) ?? resolved.string)
            ]
            skipped = []
        }
        for place in [repository.root, folder] {
            places.files.formUnion(ConfigRepository.marks.map { place.appending($0) })
        }
        self.places = places
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

internal import Glibc
public import SystemPackage

/// The files of a folder that can hold configuration, in a fixed order, and what was left out with the reason.
///
/// Listing opens nothing that could block and follows no symbolic link, so that it never leaves the folder.
public struct SourceTree: Sendable {
    public struct File: Hashable, Sendable {
        /// From the folder that was listed.
        public let path: FilePath
        /// Bytes.
        public let size: Int
    }

    public struct Skipped: Hashable, Sendable {
        public let path: FilePath
        public let reason: Reason
    }

    public enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// `.git`, as a folder or, in a worktree, as a file.
        case git
        case settings
        case symbolicLink
        /// A FIFO, a socket or a device.
        case special(String)
        case tooLarge(Int)
        /// It holds a private key, or the settings name it as a key.
        case key
        case unreadable(Errno)

        public var description: String {
            switch self {
            case .git: "belongs to git"
            case .settings: "holds the settings"
            case .symbolicLink: "is a symbolic link"
            case .special(let kind): "is \(kind)"
            case .tooLarge(let size): "has \(size >> 20) MiB, and the limit is \(ConfigLimits.fileSize >> 20) MiB"
            case .key: "is a key file"
            case .unreadable(let error): "cannot be read: \(error)"
            }
        }
    }

    public let root: FilePath
    /// Sorted by the bytes of their paths' parts, folder by folder.
    public private(set) var files: [File] = []
    /// The folders that were listed, from the root, which comes first.
    public private(set) var folders: [FilePath] = []
    public private(set) var skipped: [Skipped] = []
    private var entries = 0
    private let keys: Set<FilePath>

    /// Lists a folder and those below it.
    /// - Parameter keys: files to leave out, from the folder; `ConfigRepository.keyFiles`.
    /// - Throws: `.noInput` when the folder itself cannot be read, `.malformed` for a tree beyond `ConfigLimits`.
    public static func scan(_ root: FilePath, leavingOut keys: Set<FilePath> = []) throws(SecretaryError) -> SourceTree
    {
        var tree = SourceTree(root: root, keys: keys)
        let folder = try SafeFile.openRoot(root)
        defer { try? folder.close() }
        try tree.list(folder, at: FilePath(), depth: 1)
        return tree
    }

    private init(root: FilePath, keys: Set<FilePath>) {
        self.root = root
        self.keys = keys
    }

    private mutating func list(_ folder: FileDescriptor, at path: FilePath, depth: Int) throws(SecretaryError) {
        guard depth <= ConfigLimits.treeDepth else {
            throw SecretaryError(
                .malformed, "\(root.pushing(path)) is more than \(ConfigLimits.treeDepth) folders below \(root)")
        }
        folders.append(path)
        for name in try FolderNames.sorted(in: folder, called: root.pushing(path)) {
            entries += 1
            guard entries <= ConfigLimits.treeEntries else {
                throw SecretaryError(
                    .malformed, "\(root) has more than \(ConfigLimits.treeEntries) files and folders",
                    hint: "name a folder inside it")
            }
            let place = path.appending(name.component)
            do {
                try visit(name, at: place, in: folder, depth: depth)
            } catch {
                switch error {
                case .skip(let reason): skipped.append(Skipped(path: place, reason: reason))
                case .stop(let error): throw error
                }
            }
        }
    }

    private enum Interruption: Error {
        case skip(Reason)
        case stop(SecretaryError)
    }

    private mutating func visit(
        _ name: FolderNames.Name, at place: FilePath, in folder: FileDescriptor, depth: Int
    ) throws(Interruption) {
        if name.text == ".git" { throw .skip(.git) }
        if name.text == Settings.fileName { throw .skip(.settings) }
        if keys.contains(place) { throw .skip(.key) }
        var raw = stat()
        guard unsafe fstatat(folder.rawValue, name.raw, &raw, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .skip(.unreadable(Errno(rawValue: errno)))
        }
        let status = SafeFile.Status(raw)
        if status.isFolder {
            let below = try openFolder(name, in: folder)
            defer { try? below.close() }
            do { try list(below, at: place, depth: depth + 1) } catch { throw .stop(error) }
            return
        }
        if status.isLink { throw .skip(.symbolicLink) }
        guard status.isRegular else { throw .skip(.special(status.kind)) }
        guard status.size <= ConfigLimits.fileSize else { throw .skip(.tooLarge(status.size)) }
        if holdsPrivateKey(name, status.size, in: folder) { throw .skip(.key) }
        files.append(File(path: place, size: status.size))
    }

    private func openFolder(_ name: FolderNames.Name, in folder: FileDescriptor) throws(Interruption) -> FileDescriptor
    {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY
        let descriptor = unsafe openat(folder.rawValue, name.raw, flags)
        guard descriptor >= 0 else { throw .skip(.unreadable(Errno(rawValue: errno))) }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Key files are small texts; formats with a syntax of their own are none.
    private func holdsPrivateKey(_ name: FolderNames.Name, _ size: Int, in folder: FileDescriptor) -> Bool {
        guard size <= 1 << 16, ConfigFile.Format(fileName: name.text) == .text,
            let bytes = try? SafeFile.read(name.raw, in: folder.rawValue, called: FilePath(name.text))
        else { return false }
        let mark = Array("NACL PRIVATE KEY-----".utf8)
        return bytes.indices.contains { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
    }
}

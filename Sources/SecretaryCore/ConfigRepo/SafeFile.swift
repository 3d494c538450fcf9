internal import Glibc
internal import SystemPackage

/// Opens files of a config repository without being led elsewhere or held up: no symbolic link is followed where the
/// path is not the user's own, and a FIFO or a device does not block.
enum SafeFile {
    struct Status {
        let isFolder: Bool
        let isRegular: Bool
        let isLink: Bool
        let owner: UInt32
        let size: Int
        let kind: String

        init(_ status: stat) {
            let type = status.st_mode & S_IFMT
            isFolder = type == S_IFDIR
            isRegular = type == S_IFREG
            isLink = type == S_IFLNK
            owner = status.st_uid
            size = status.st_size
            kind =
                switch type {
                case S_IFDIR: "a folder"
                case S_IFLNK: "a symbolic link"
                case S_IFIFO: "a FIFO"
                case S_IFSOCK: "a socket"
                case S_IFCHR, S_IFBLK: "a device"
                default: "a file"
                }
        }
    }

    /// The absolute path without symbolic links; the corresponding C function is `realpath`.
    static func resolve(_ path: FilePath) throws(SecretaryError) -> FilePath {
        guard let resolved = unsafe path.withPlatformString({ unsafe realpath($0, nil) }) else {
            throw failure("find", path, Errno(rawValue: errno))
        }
        defer { unsafe free(resolved) }
        return unsafe FilePath(platformString: resolved)
    }

    static func exists(_ path: FilePath) -> Bool {
        unsafe path.withPlatformString { unsafe faccessat(AT_FDCWD, $0, F_OK, AT_SYMLINK_NOFOLLOW) } == 0
    }

    /// Of the path itself, not of what a link points to.
    static func status(of path: FilePath) throws(SecretaryError) -> Status {
        var status = stat()
        guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else {
            throw failure("find", path, Errno(rawValue: errno))
        }
        return Status(status)
    }

    /// The bytes of a regular file; `nil` when there is no file.
    static func readIfThere(_ path: FilePath) throws(SecretaryError) -> [UInt8]? {
        exists(path) ? try read(path) : nil
    }

    /// The bytes of a regular file of at most `ConfigLimits.fileSize`.
    /// - Parameters:
    ///   - folder: where `path` begins; `nil` for the current folder.
    ///   - name: how errors call the file.
    static func read(
        _ path: FilePath, in folder: FileDescriptor? = nil, called name: String? = nil
    ) throws(SecretaryError) -> [UInt8] {
        let shown = FilePath(name ?? path.string)
        let descriptor = try open(path, in: folder, called: shown)
        defer { try? descriptor.close() }
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
            throw failure("read", shown, Errno(rawValue: errno))
        }
        let kind = Status(status)
        guard kind.isRegular else {
            throw SecretaryError(.noInput, "\(shown) is \(kind.kind), not a file", hint: "name a regular file")
        }
        guard kind.size <= ConfigLimits.fileSize else { throw ConfigFile.tooLarge(shown.string) }
        return try contents(of: descriptor, expecting: kind.size, called: shown)
    }

    /// The same for a file in a tree that is not the user's own choice: `path` is taken part by part, so that no symbolic
    /// link on the way leads out of `root`.
    static func read(_ path: FilePath, below root: FilePath) throws(SecretaryError) -> [UInt8] {
        let shown = root.pushing(path)
        guard path.isRelative, let name = path.lastComponent, path.components.allSatisfy({ $0.kind == .regular }) else {
            throw SecretaryError(.noInput, "\(path) is not the path of a file below \(root)")
        }
        var folder = try openFolder(root.string.hasSuffix("/") ? root : root.appending("."), called: root)
        defer { try? folder.close() }
        for part in path.removingLastComponent().components {
            let next = try openFolder(FilePath(root: nil, [part]), in: folder, called: shown)
            try? folder.close()
            folder = next
        }
        return try read(FilePath(root: nil, [name]), in: folder, called: shown.string)
    }

    /// Opens a folder; one that is a symbolic link is refused.
    static func openFolder(
        _ path: FilePath, in folder: FileDescriptor? = nil, called name: FilePath? = nil
    ) throws(SecretaryError) -> FileDescriptor {
        try open(path, in: folder, called: name ?? path, flags: O_DIRECTORY)
    }

    private static func open(
        _ path: FilePath, in folder: FileDescriptor?, called name: FilePath, flags: Int32 = 0
    ) throws(SecretaryError) -> FileDescriptor {
        while true {
            let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags
            let descriptor = unsafe path.withPlatformString { path in
                unsafe openat(folder?.rawValue ?? AT_FDCWD, path, flags)
            }
            if descriptor >= 0 { return FileDescriptor(rawValue: descriptor) }
            let error = Errno(rawValue: errno)
            if error == .interrupted { continue }
            if error == .tooManySymbolicLinkLevels {
                throw SecretaryError(
                    .noInput, "\(name) is a symbolic link",
                    hint: "name the file that it points to; links are not followed")
            }
            if error == .noSuchAddressOrDevice {
                throw SecretaryError(.noInput, "\(name) is a socket, not a file", hint: "name a regular file")
            }
            throw failure("read", name, error)
        }
    }

    /// Reads to the end: a file that grows meanwhile is read as far as the limit goes.
    private static func contents(
        of descriptor: FileDescriptor, expecting size: Int, called name: FilePath
    ) throws(SecretaryError) -> [UInt8] {
        // One byte more than expected shows the end without a second buffer.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var used = 0
        while true {
            if used == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let count: Int
            do {
                count = try unsafe bytes.withUnsafeMutableBytes { buffer in
                    try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[used...]))
                }
            } catch {
                throw failure("read", name, error as? Errno ?? .ioError)
            }
            if count == 0 { break }
            used += count
            if used > ConfigLimits.fileSize { throw ConfigFile.tooLarge(name.string) }
        }
        bytes.removeLast(bytes.count - used)
        return bytes
    }

    static func failure(_ verb: String, _ path: FilePath, _ error: Errno) -> SecretaryError {
        let hint: String? =
            switch error {
            case .noSuchFileOrDirectory: "check the path"
            case .permissionDenied: "run as a user who may read it, or change its permissions"
            default: nil
            }
        return SecretaryError(.noInput, "cannot \(verb) \(path): \(error)", hint: hint)
    }
}

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

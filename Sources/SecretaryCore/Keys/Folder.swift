internal import Glibc
internal import SystemPackage

/// An open folder. Files in it are named relative to it, so that nobody can exchange the folder on the way.
final class Folder {
    let path: FilePath
    private let descriptor: CInt

    /// Opens the folder; makes it, and those above it, when it does not exist.
    /// - Throws: `.cannotCreate`, naming the folder and the system's reason.
    init(_ path: FilePath) throws(SecretaryError) {
        try Folder.make(path)
        let descriptor = unsafe path.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw SecretaryError(.cannotCreate, "cannot write to the folder \(path): \(Errno(rawValue: errno))")
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The C function is `mkdir`.
    private static func make(_ path: FilePath) throws(SecretaryError) {
        var ancestors: [FilePath] = []
        var next = path
        while !next.isEmpty, access(next) == ENOENT {
            ancestors.append(next)
            next = next.removingLastComponent()
        }
        for folder in ancestors.reversed() {
            let made = unsafe folder.withPlatformString { unsafe mkdir($0, 0o777) }
            if made != 0, errno != EEXIST {
                throw SecretaryError(.cannotCreate, "cannot make the folder \(folder): \(Errno(rawValue: errno))")
            }
        }
    }

    private static func access(_ path: FilePath) -> CInt {
        unsafe path.withPlatformString { unsafe Glibc.access($0, F_OK) } == 0 ? 0 : errno
    }

    /// Creates a file that does not exist and opens it for writing. The C function is `openat`.
    func create(_ name: String, mode: mode_t) throws(SecretaryError) -> FileDescriptor {
        let file = unsafe openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        if file < 0 { throw error("write", name) }
        // Whatever the umask is: a public key has to be readable, a private one must not be.
        if fchmod(file, mode) != 0 {
            defer { close(file) }
            throw error("write", name)
        }
        return FileDescriptor(rawValue: file)
    }

    /// Gives a file a second name, which must be free. The C function is `linkat`.
    func link(_ name: String, to newName: String) throws(SecretaryError) {
        if unsafe linkat(descriptor, name, descriptor, newName, 0) != 0 { throw error("write", newName) }
    }

    /// Whether there is something called `name`, be it a broken symbolic link. The C function is `fstatat`.
    func contains(_ name: String) -> Bool {
        var status = stat()
        return unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Puts a file in the place of another. The C function is `renameat`.
    func rename(_ name: String, to newName: String) throws(SecretaryError) {
        if unsafe renameat(descriptor, name, descriptor, newName) != 0 { throw error("write", newName) }
    }

    /// Removes a file, when it is there. The C function is `unlinkat`.
    func remove(_ name: String) {
        _ = unsafe unlinkat(descriptor, name, 0)
    }

    /// Makes names as durable as the files. The C function is `fsync`.
    func sync() throws(SecretaryError) {
        // Some file systems cannot sync a folder, and say EINVAL.
        if fsync(descriptor) != 0, errno != EINVAL { throw error("write", "") }
    }

    private func error(_ verb: String, _ name: String) -> SecretaryError {
        let reason = Errno(rawValue: errno)
        return SecretaryError(.cannotCreate, "cannot \(verb) \(path.appending(name)): \(reason)")
    }
}

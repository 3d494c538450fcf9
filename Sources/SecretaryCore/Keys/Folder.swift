internal import Glibc
internal import SystemPackage

/// An open folder.
///
/// Files in it are named relative to it, so that nobody can exchange the folder on the way.
final class Folder {
    let path: FilePath
    private let descriptor: FileDescriptor

    /// Opens the folder; makes it, and those above it, when it does not exist.
    /// - Throws: `.cannotCreate`, naming the folder and the system's reason.
    init(_ path: FilePath) throws(SecretaryError) {
        try Folder.make(path)
        do {
            self.descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw SecretaryError(.cannotCreate, "cannot write to the folder \(path): \(error)")
        }
        self.path = path
    }

    deinit {
        try? descriptor.close()
    }

    /// The C function is `mkdir`.
    private static func make(_ path: FilePath) throws(SecretaryError) {
        var ancestors: [FilePath] = []
        var next = path
        while !next.isEmpty, isMissing(next) {
            ancestors.append(next)
            next = next.removingLastComponent()
        }
        for folder in ancestors.reversed() {
            let reason = unsafe folder.withPlatformString { unsafe mkdir($0, 0o777) == 0 ? 0 : errno }
            if reason != 0, reason != EEXIST {
                throw SecretaryError(.cannotCreate, "cannot make the folder \(folder): \(Errno(rawValue: reason))")
            }
        }
    }

    private static func isMissing(_ path: FilePath) -> Bool {
        unsafe path.withPlatformString { unsafe access($0, F_OK) != 0 && errno == ENOENT }
    }

    /// Creates a file that does not exist and opens it for writing.
    ///
    /// The C function is `openat`.
    func create(_ name: String, mode: mode_t) throws(SecretaryError) -> FileDescriptor {
        let file = unsafe openat(descriptor.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        if file < 0 { throw error(name) }
        // Whatever the umask is: a public key has to be readable, a private one must not be.
        if fchmod(file, mode) != 0 {
            defer { close(file) }
            throw error(name)
        }
        return FileDescriptor(rawValue: file)
    }

    /// Gives a file a second name, which must be free.
    ///
    /// The C function is `linkat`.
    func link(_ name: String, to newName: String) throws(SecretaryError) {
        if unsafe linkat(descriptor.rawValue, name, descriptor.rawValue, newName, 0) != 0 { throw error(newName) }
    }

    /// Whether there is something called `name`, be it a broken symbolic link.
    ///
    /// The C function is `fstatat`.
    func contains(_ name: String) -> Bool {
        var status = stat()
        return unsafe fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Puts a file in the place of another.
    ///
    /// The C function is `renameat`.
    func rename(_ name: String, to newName: String) throws(SecretaryError) {
        if unsafe renameat(descriptor.rawValue, name, descriptor.rawValue, newName) != 0 { throw error(newName) }
    }

    /// Removes a file, when it is there.
    ///
    /// The C function is `unlinkat`.
    func remove(_ name: String) {
        _ = unsafe unlinkat(descriptor.rawValue, name, 0)
    }

    /// Makes names as durable as the files.
    ///
    /// The C function is `fsync`.
    func sync() throws(SecretaryError) {
        // Some file systems cannot sync a folder, and say EINVAL.
        if fsync(descriptor.rawValue) != 0, errno != EINVAL { throw error("") }
    }

    /// The error of the call that has just failed.
    private func error(_ name: String) -> SecretaryError {
        let reason = Errno(rawValue: errno)
        return SecretaryError(.cannotCreate, "cannot write \(path.appending(name)): \(reason)")
    }
}

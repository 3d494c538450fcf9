import Glibc
import SecretaryCore
import SystemPackage

/// Folders that may not be there yet.
enum Folders {
    /// Makes a folder, and those above it.
    /// - Parameter mode: of those that are made.
    /// - Throws: `.cannotCreate`, naming the folder and the system's reason.
    static func make(_ path: FilePath, mode: mode_t) throws(SecretaryError) {
        if unsafe mkdir(path.string, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.lastComponent != nil else {
            throw SecretaryError(.cannotCreate, "cannot make the folder \(path): \(Errno(rawValue: errno))")
        }
        try make(path.removingLastComponent(), mode: mode)
        guard unsafe mkdir(path.string, mode) == 0 || errno == EEXIST else {
            throw SecretaryError(.cannotCreate, "cannot make the folder \(path): \(Errno(rawValue: errno))")
        }
    }
}

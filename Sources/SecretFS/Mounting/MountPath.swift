internal import Glibc
internal import SystemPackage

/// Paths of mounts, which may be dead.
enum MountPath {
    /// The absolute path without symbolic links (`realpath(3)`).
    ///
    /// Of a mount whose server is gone only the parent can be resolved; its last part is taken as it is.
    static func resolve(_ path: FilePath) throws(Errno) -> String {
        do throws(Errno) {
            return try realPath(path)
        } catch {
            guard error == .socketNotConnected, let name = path.lastComponent else { throw error }
            let parent = path.removingLastComponent()
            return try FilePath(realPath(parent.isEmpty ? "." : parent)).appending(name).string
        }
    }

    private static func realPath(_ path: FilePath) throws(Errno) -> String {
        let resolved = unsafe path.withPlatformString { unsafe realpath($0, nil) }
        guard let resolved = unsafe resolved else { throw Errno(rawValue: errno) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

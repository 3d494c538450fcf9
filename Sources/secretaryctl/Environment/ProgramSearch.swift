import Glibc

/// Finding and starting a program, as `execvp` does.
enum ProgramSearch {
    typealias Strings = [UnsafeMutablePointer<CChar>?]

    /// Replaces this process by the program; returns only when that fails.
    ///
    /// - Parameter name: a path, or a name that is searched in `$PATH`; an empty part of it is the current folder.
    /// - Returns: the system's reason: `ENOENT` when there is none, `EACCES` when one was found that may not be run.
    static func execute(_ name: UnsafeMutablePointer<CChar>, arguments: Strings, environment: Strings) -> Int32 {
        if unsafe strchr(name, Int32(UInt8(ascii: "/"))) != nil {
            _ = unsafe execve(name, arguments, environment)
            return errno
        }
        guard unsafe name.pointee != 0 else { return ENOENT }
        let program = unsafe String(cString: name)
        var reason = ENOENT
        for folder in searchPath.split(separator: ":", omittingEmptySubsequences: false) {
            _ = unsafe execve(folder.isEmpty ? "./\(program)" : "\(folder)/\(program)", arguments, environment)
            switch errno {
            // There may be one that can be run further on.
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENODEV, ETIMEDOUT, ESTALE: continue
            case EACCES: reason = EACCES
            default: return errno
            }
        }
        return reason
    }

    private static var searchPath: String { ProcessEnvironment.text("PATH") ?? "/bin:/usr/bin" }
}

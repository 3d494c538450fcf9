import Glibc
import SecretaryCore

/// Finding and starting a program, as `execvp` does.
enum ProgramSearch {
    typealias Strings = [UnsafeMutablePointer<CChar>?]

    /// Replaces this process by the program; returns only when that fails.
    ///
    /// - Parameter name: a path, or a name that is searched in `$PATH`; an empty part of it is the current folder. It may
    ///   have been an envelope, so it is never copied out of guarded memory.
    /// - Returns: the system's reason: `ENOENT` when there is none, `EACCES` when one was found that may not be run.
    static func execute(_ name: UnsafeMutablePointer<CChar>, arguments: Strings, environment: Strings) -> Int32 {
        let count = unsafe strlen(name)
        guard count > 0 else { return ENOENT }
        if unsafe strchr(name, Int32(UInt8(ascii: "/"))) != nil {
            _ = unsafe execve(name, arguments, environment)
            return errno
        }
        let folders = searchPath.split(separator: ":", omittingEmptySubsequences: false).map {
            Array(($0.isEmpty ? "." : $0).utf8) + [UInt8(ascii: "/")]
        }
        let longest = folders.map(\.count).max() ?? 0
        guard var path = try? SecretBytes(count: longest + count + 1) else { return ENOMEM }
        var reason = ENOENT
        for folder in folders {
            let error = unsafe path.withUnsafeMutableBytes { bytes in
                unsafe bytes.copyBytes(from: folder)
                guard let start = bytes.baseAddress else { return ENOMEM }
                unsafe memcpy(start + folder.count, name, count + 1)
                _ = unsafe execve(start.assumingMemoryBound(to: CChar.self), arguments, environment)
                return errno
            }
            switch error {
            // There may be one that can be run further on.
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENODEV, ETIMEDOUT, ESTALE: continue
            case EACCES: reason = EACCES
            default: return error
            }
        }
        return reason
    }

    private static var searchPath: String { ProcessEnvironment.text("PATH") ?? "/bin:/usr/bin" }
}

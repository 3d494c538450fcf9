import CLinux
import Glibc
import SecretaryCore
import SystemPackage

/// Takes private keys out of the environment of a mount's supervisor, which has no use for them, into a file in memory that
/// it gives to its workers unread.
enum KeyHandover {
    /// The environment without private keys, and the file in memory with them; `nil` where there are none.
    @safe struct Parts {
        /// As `environ`, ended by `nil`; the strings are those of this process's own environment.
        var environment: [UnsafeMutablePointer<CChar>?]
        var keys: FileDescriptor?
    }

    /// Starts this program anew in its own place, without private keys in its environment; returns if it has none there.
    /// - Throws: `.system` when that cannot be done.
    static func replaceProcess() throws(SecretaryError) {
        let parts = try parts()
        guard let keys = parts.keys else { return }
        let words = ["secretaryctl", "mount", "--keys-fd", String(keys.rawValue)] + CommandLine.arguments.dropFirst(2)
        var strings = unsafe words.map { unsafe strdup($0) } + [nil]
        var environment = unsafe parts.environment
        _ = fcntl(keys.rawValue, F_SETFD, 0)
        unsafe execve("/proc/self/exe", &strings, &environment)
        throw SecretaryError(.system, "cannot start this program anew: \(Errno(rawValue: errno))")
    }

    /// - Throws: `.system` when there is no memory for it.
    static func parts() throws(SecretaryError) -> Parts {
        let entries = ProcessEnvironment.entries
        let keys = entries.filter(\.isPrivateKey)
        let environment = unsafe entries.filter { !$0.isPrivateKey }.map { unsafe Optional($0.string) } + [nil]
        guard !keys.isEmpty else { return unsafe Parts(environment: environment, keys: nil) }
        let number = unsafe clinux_memory_file("secretary-keys")
        guard number >= 0 else {
            throw SecretaryError(.system, "cannot make a file in memory for keys: \(Errno(rawValue: errno))")
        }
        let file = FileDescriptor(rawValue: number)
        do {
            for key in keys {
                // From where the kernel put it, with its NUL.
                let bytes = unsafe UnsafeRawBufferPointer(start: key.string, count: strlen(key.string) + 1)
                _ = try unsafe file.writeAll(bytes)
            }
        } catch {
            try? file.close()
            throw SecretaryError(.system, "cannot hand over keys: \(error)")
        }
        return unsafe Parts(environment: environment, keys: file)
    }
}

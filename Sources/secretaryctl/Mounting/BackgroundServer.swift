import CLinux
import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

/// Starts the supervisor of a mount and waits until the files can be read.
enum BackgroundServer {
    /// The descriptor on which the supervisor says that it is ready.
    private static let readyDescriptor: Int32 = 3
    /// The descriptor with private keys, if there are any.
    private static let keysDescriptor: Int32 = 4

    /// What the supervisor does when it is ready.
    static var readiness: Readiness {
        Readiness(descriptor: FileDescriptor(rawValue: readyDescriptor), leavesStandardError: true)
    }

    /// - Parameter arguments: those of `mount`.
    /// - Throws: `ReportedFailure` with the server's own status when it fails; it has said why.
    static func start(arguments: [String]) throws {
        let (output, input) = try FileDescriptor.pipe()
        defer { try? output.close() }
        let server: pid_t
        do {
            defer { try? input.close() }
            server = try spawn(arguments, ready: input)
        }
        if try heard(from: output) { return }
        var status: Int32 = 0
        while unsafe waitpid(server, &status, 0) == -1, errno == EINTR {}
        let wasKilled = status & 0x7f != 0
        if wasKilled { Report.error("the server was killed by signal \(status & 0x7f) before it was ready") }
        throw ReportedFailure(status: wasKilled ? SecretaryError.Code.mount.rawValue : (status >> 8) & 0xff)
    }

    private static func heard(from output: FileDescriptor) throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: Readiness.line.utf8.count)
        return try unsafe bytes.withUnsafeMutableBytes { try unsafe output.read(into: $0) } > 0
    }

    /// The supervisor is this program once more, in a session of its own, so that no terminal ends it.
    ///
    /// Its errors go where ours go.
    private static func spawn(_ arguments: [String], ready: FileDescriptor) throws -> pid_t {
        let parts = try KeyHandover.parts()
        defer { try? parts.keys?.close() }
        var words = ["secretaryctl", "mount", "--in-background"]
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var count = readyDescriptor + 1
        // The keys may have the number that the pipe is to get: they are moved first, and both from above.
        let keys = try parts.keys?.duplicateAboveStandard()
        defer { try? keys?.close() }
        if let keys {
            unsafe posix_spawn_file_actions_adddup2(&actions, keys.rawValue, keysDescriptor)
            words += ["--keys-fd", String(keysDescriptor)]
            count = keysDescriptor + 1
        }
        let ready = try ready.duplicateAboveStandard()
        defer { try? ready.close() }
        unsafe posix_spawn_file_actions_adddup2(&actions, ready.rawValue, readyDescriptor)
        // Above all the pipe's other end: the server must notice when nobody listens any more.
        unsafe clinux_spawn_close_from(&actions, count)
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, clinux_spawn_setsid)
        var strings = unsafe (words + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe strings.forEach { unsafe free($0) } }
        var environment = unsafe parts.environment
        var server: pid_t = 0
        let result = unsafe posix_spawn(&server, "/proc/self/exe", &actions, &attributes, &strings, &environment)
        guard result == 0 else {
            throw SecretaryError(.system, "cannot start the server: \(Errno(rawValue: result))")
        }
        return server
    }
}

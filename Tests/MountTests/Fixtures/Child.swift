import CLinux
import Glibc
import Synchronization
import SystemPackage
import TestSupport

/// A program that runs beside a test.
final class Child: Sendable {
    let pid: pid_t
    private let status = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - line: a program, searched for in `$PATH`, and its arguments.
    ///   - output: the file that gets what it writes to standard output and standard error.
    ///   - environment: all of it, `NAME=value`.
    init(_ line: [String], output: FilePath, environment: [String]) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, output.string, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // What other tests have open is none of its business.
        unsafe clinux_spawn_close_from(&actions, 3)
        var arguments = unsafe line.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        // Signals that the tests hold back or ignore reach it.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let result = unsafe posix_spawnp(&pid, line[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw Errno(rawValue: result) }
        self.pid = pid
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
    }

    /// Whether it still runs; its end is noticed here.
    var isRunning: Bool {
        status.withLock { known in
            if known != nil { return false }
            var status: Int32 = 0
            guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return true }
            known = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            return false
        }
    }

    /// Its exit status, or 128 and the signal's number, once it has ended.
    func end() async throws -> Int32 {
        try await eventually("process \(pid) ends") { !isRunning }
        return status.withLock { $0 } ?? -1
    }

    func signal(_ number: Int32) throws {
        guard kill(pid, number) == 0 else { throw Errno(rawValue: errno) }
    }
}

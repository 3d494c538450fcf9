import Glibc
import SystemPackage
import TestSupport

/// A program that runs until it is told to end, with lines for its standard input.
final class RunningProgram {
    let pid: pid_t
    private let input: Pipe

    /// - Parameter line: its path, and arguments.
    init(_ line: String...) throws {
        input = try Pipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.reader.rawValue, STDIN_FILENO)
        var arguments = unsafe line.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        var pid: pid_t = 0
        let result = unsafe posix_spawn(&pid, line[0], &actions, nil, &arguments, &environment)
        guard result == 0 else { throw Errno(rawValue: result) }
        self.pid = pid
    }

    deinit {
        end()
        try? input.reader.close()
        try? input.writer.close()
    }

    func write(_ line: String) throws { _ = try input.writer.writeAll("\(line)\n".utf8) }

    private var hasEnded = false

    /// Ends it; its number is free then.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(pid, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(pid, &status, 0)
    }
}

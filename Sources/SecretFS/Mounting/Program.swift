internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Runs a program and waits for it.
///
/// For `fusermount3`, before any request is served or after the last.
enum Program {
    /// - Returns: its exit status (128 + the signal that ended it), and what it wrote to standard error, one line.
    static func run(_ path: String, _ arguments: [String]) throws(SecretaryError) -> (status: Int32, message: String) {
        do {
            let (output, input) = try FileDescriptor.pipe()
            defer { try? output.close() }
            let process: pid_t
            do {
                defer { try? input.close() }
                process = try start([path] + arguments, writingTo: input, as: STDERR_FILENO)
            }
            let text = try output.readToEnd()
            var status: Int32 = 0
            while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
            let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            let message = String(decoding: text, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
            return (code, message)
        } catch {
            throw SecretaryError(.mount, "cannot run \(path): \(error)")
        }
    }

    /// Starts a program, with `output` as its descriptor `number`.
    static func start(_ words: [String], writingTo output: FileDescriptor, as number: Int32) throws(Errno) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, output.rawValue, number)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let result = unsafe posix_spawn(&process, words[0], &actions, nil, &arguments, environ)
        guard result == 0 else { throw Errno(rawValue: result) }
        return process
    }
}

internal import CLinux
internal import Glibc
internal import SecretaryCore
public import SystemPackage

/// A program to be started by this process (`posix_spawn(3)`), with no signal blocked.
public struct ChildProgram {
    /// This program, whatever is at its place by now.
    public static let own = "/proc/self/exe"

    /// Whom signals of a terminal reach.
    public enum Group {
        /// The child as well as this process.
        case same
        /// Not the child.
        case new
        /// Not the child, which has no terminal any more.
        case newSession
    }

    /// The file to execute.
    public var path: String
    /// Its arguments, with its name first.
    public var arguments: [String]
    /// What it gets as which number.
    public var descriptors: [(descriptor: FileDescriptor, number: Int32)] = []
    /// It gets no other descriptors than these and the standard ones.
    public var isolatesDescriptors = false
    /// It has nothing to read and its output is thrown away; errors go where this process's go.
    public var isSilent = false
    public var group = Group.same

    public init(_ path: String, _ arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// Starts it.
    /// - Parameter environment: as `environ`, ended by `nil`; this process's own when there is none.
    /// - Returns: its process id.
    public func start(environment: [UnsafeMutablePointer<CChar>?]? = nil) throws(Errno) -> Int32 {
        // Who ignores the end of children, as it may have been told by its own parent, never hears how one has ended.
        signal(SIGCHLD, SIG_DFL)
        // One may have the number that another is to get: all are taken from above.
        var copies: [FileDescriptor] = []
        defer { for copy in copies { try? copy.close() } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in descriptors {
            let copy = try descriptor.duplicateAboveStandard()
            copies.append(copy)
            unsafe posix_spawn_file_actions_adddup2(&actions, copy.rawValue, number)
        }
        if isolatesDescriptors {
            let last = descriptors.map(\.number).max() ?? STDERR_FILENO
            unsafe clinux_spawn_close_from(&actions, max(last, STDERR_FILENO) + 1)
        }
        if isSilent {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        return try unsafe spawn(&actions, environment)
    }

    private func spawn(
        _ actions: inout posix_spawn_file_actions_t, _ environment: [UnsafeMutablePointer<CChar>?]?
    ) throws(Errno) -> Int32 {
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        let separation: Int16 =
            switch group {
            case .same: 0
            case .new: Int16(POSIX_SPAWN_SETPGROUP)
            case .newSession: clinux_spawn_setsid
            }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | separation)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result =
            if var environment = unsafe environment {
                unsafe posix_spawn(&pid, path, &actions, &attributes, &words, &environment)
            } else {
                unsafe posix_spawn(&pid, path, &actions, &attributes, &words, environ)
            }
        guard result == 0 else { throw Errno(rawValue: result) }
        return pid
    }
}

internal import CLinux
internal import Glibc
internal import SystemPackage

/// A list of the system calls that a process may still make, enforced by the kernel (seccomp(2)).
///
/// The filter holds for all threads and cannot be taken back.
struct SystemCallFilter {
    /// A call, possibly with conditions on its arguments, and what happens then.
    struct Rule {
        var number: Int32
        var conditions: [Condition] = []
        var action: Action = .allow
    }

    enum Action {
        case allow
        /// The call fails with this error.
        case fail(Int32)
        /// The process ends at once.
        case kill

        var value: UInt32 {
            switch self {
            case .allow: UInt32(SECCOMP_RET_ALLOW)
            case .fail(let error): UInt32(SECCOMP_RET_ERRNO) | UInt32(bitPattern: error)
            case .kill: SECCOMP_RET_KILL_PROCESS
            }
        }
    }

    /// What must be so of one half of an argument: these bits have this value.
    struct Condition {
        /// From 0 on.
        var argument: Int
        /// Whether the upper 32 bits are meant.
        var isUpper = false
        var mask: UInt32 = .max
        var value: UInt32
    }

    /// The first rule that fits decides.
    var rules: [Rule]
    /// What happens to a call that none fits.
    var otherwise = Action.fail(EPERM)

    /// Puts the filter in force.
    /// - Returns: false on a kernel that knows no filters.
    /// - Throws: `.system` when it knows them, and refuses this one.
    func install() throws(SecretaryError) -> Bool {
        var program = instructions
        let result = unsafe clinux_filter_system_calls(&program, UInt16(program.count))
        if result == 0 { return true }
        // Above zero: a thread that could not be brought along.
        let error = result > 0 ? Errno.resourceTemporarilyUnavailable : Errno(rawValue: errno)
        if error == .noFunction || error == .invalidArgument { return false }
        throw SecretaryError(.system, "cannot limit the system calls of the server: \(error)")
    }
}

extension SystemCallFilter.Condition {
    static func `is`(_ value: Int32, _ argument: Int) -> Self {
        Self(argument: argument, value: UInt32(bitPattern: value))
    }

    static func bits(_ mask: Int32, of argument: Int, are value: Int32) -> Self {
        Self(argument: argument, mask: UInt32(bitPattern: mask), value: UInt32(bitPattern: value))
    }
}

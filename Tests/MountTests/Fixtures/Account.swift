import TestSupport

/// Who runs a command: root, or a user without any rights, or another one.
enum Account: String, Sendable {
    case root
    case nobody
    case stranger

    /// Those who mount in tests.
    static let all: [Account] = [.root, .nobody]

    /// Of the user, and of the only group.
    var number: UInt32 {
        switch self {
        case .root: 0
        case .nobody: 65534
        case .stranger: 65533
        }
    }

    /// The command with what makes it run under this account.
    func commandLine(_ program: String, _ arguments: [String]) -> [String] {
        let command = [program] + arguments
        switch self {
        case .root: return command
        case .nobody, .stranger:
            return ["setpriv", "--reuid=\(number)", "--regid=\(number)", "--clear-groups", "--"] + command
        }
    }
}

/// Something that a test needs failed, apart from what it tests.
struct MountFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

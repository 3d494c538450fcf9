import Glibc
import SecretaryCore
import SystemPackage

/// What `exec` does: decrypt everything, then give this process to the command.
struct Execution {
    var reader = Reader()
    /// Private keys stay in the command's environment.
    var keepKeys = false

    /// Whether `arguments` ask for `exec` without options, which needs no parser: `secretaryctl exec -- COMMAND …`.
    ///
    /// It stands between the start of a container and its program, and the parser would take almost half of the time.
    static func hasNoOptions(_ arguments: [String]) -> Bool {
        arguments.count > 2 && arguments[0] == "exec" && arguments[1] == "--"
    }

    /// Runs the command that is this process's last `count` arguments.
    /// - Returns: only when the command could not be started: why. Its secrets are gone then.
    /// - Throws: `.usage` without a command, and why secrets cannot be had; nothing has been run then.
    func run(lastArguments count: Int) throws -> ExecutionFailure {
        let coreLimit = ProcessHygiene.protect()
        guard count > 0 else {
            throw SecretaryError(
                .usage, "no command is given", hint: "secretaryctl exec [options] -- COMMAND [ARGUMENT ...]")
        }
        // As the kernel has them: they need not be UTF-8.
        let arguments = unsafe ProcessArguments.last(count)
        let environment = ProcessEnvironment.entries.filter { keepKeys || !$0.isPrivateKey }
        let image = try unsafe ProcessImage(arguments: arguments, environment: environment, opener: reader.opener())
        let reason = image.replaceProcess(coreLimit: coreLimit)
        return ExecutionFailure(
            command: unsafe arguments.first.map { unsafe String(cString: $0) } ?? "", reason: reason)
    }
}

/// Why a command did not start.
struct ExecutionFailure: Error {
    let command: String
    /// The system's reason.
    let reason: Int32

    /// The exit status that shells use: 127 when the command is not found, 126 when it cannot be run.
    var status: Int32 { reason == ENOENT || reason == ENOTDIR ? 127 : 126 }

    func report() {
        switch reason {
        case ENOENT, ENOTDIR:
            Report.error("cannot run \(command): not found")
        case E2BIG:
            Report.error("cannot run \(command): its environment and arguments are too large for the system")
            Report.hint("a string may have 128 KiB; larger secrets are for files: secretaryctl mount")
        case ENOEXEC:
            Report.error("cannot run \(command): neither a program nor a script with a #! line")
        default:
            Report.error("cannot run \(command): \(Errno(rawValue: reason))")
        }
    }
}

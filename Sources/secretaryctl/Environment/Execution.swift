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
    /// It is what stands between the start of a container and its program, and the parser takes two thirds of its time.
    static func hasNoOptions(_ arguments: [String]) -> Bool {
        arguments.count > 2 && arguments[0] == "exec" && arguments[1] == "--"
    }

    /// Runs the command that is this process's last `count` arguments.
    /// - Returns: only when the command could not be started; that has been reported.
    /// - Throws: `.usage` without a command, and why secrets cannot be had; nothing has been run then.
    func run(lastArguments count: Int) throws -> ReportedFailure {
        let coreLimit = ProcessHygiene.protect()
        guard count > 0 else {
            throw SecretaryError(
                .usage, "no command is given", hint: "secretaryctl exec [options] -- COMMAND [ARGUMENT ...]")
        }
        // As the kernel has them: they need not be UTF-8.
        let arguments = unsafe ProcessArguments.last(count)
        let environment = ProcessEnvironment.entries.filter { keepKeys || !$0.isPrivateKey }
        var image = try unsafe ProcessImage(arguments: arguments, environment: environment, opener: reader.opener())
        let reason = image.replaceProcess(coreLimit: coreLimit)
        return Execution.failure(unsafe arguments.first.map { unsafe String(cString: $0) } ?? "", reason)
    }

    /// Reports why the command did not start; the status is the one that shells use.
    private static func failure(_ command: String, _ reason: Int32) -> ReportedFailure {
        switch reason {
        case ENOENT, ENOTDIR:
            Report.error("cannot run \(command): not found")
            return ReportedFailure(status: 127)
        case E2BIG:
            Report.error("cannot run \(command): its environment and arguments are too large for the system")
            Report.hint("a string may have 128 KiB; larger secrets are for files: secretaryctl mount")
        case ENOEXEC:
            Report.error("cannot run \(command): neither a program nor a script with a #! line")
        default:
            Report.error("cannot run \(command): \(Errno(rawValue: reason))")
        }
        return ReportedFailure(status: 126)
    }
}

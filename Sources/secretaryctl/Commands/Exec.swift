import ArgumentParser
import Glibc
import SecretaryCore
import SystemPackage

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        _superCommandName: "secretaryctl",
        abstract: "Run a command with the secrets of its environment and arguments decrypted.",
        usage: "secretaryctl exec [<options>] -- <command> [<argument> ...]",
        discussion: """
            Every envelope in the environment and in the arguments is decrypted, then the command takes this program's \
            place: same process id, same descriptors. It is all or nothing: when one secret cannot be had, nothing runs, and \
            every name that failed is listed. Private keys in DEPLOY_PRIVATE_KEY, SERVICE_PRIVATE_KEY, MASTER_PRIVATE_KEY \
            and PRIVATE_KEY are removed from the command's environment.

              secretaryctl exec -- ./server
              secretaryctl exec --app /prod/shop/web -- env

            Exit status: the command's own; 127 when it is not found, 126 when it cannot be run, else as for every \
            command (secretaryctl help).
            """)

    @OptionGroup(title: "Keys and identity")
    var reader: ReaderOptions

    @Flag(name: .customLong("keep-keys"), help: "Leave private keys in the command's environment.")
    var keepKeys = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
    var command: [String] = []

    mutating func validate() throws {
        guard let first = command.first else { return }
        // What the parser does not know, it takes for the command; and it does not know --help then.
        if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
        if first.hasPrefix("-") && first != "--" {
            throw ValidationError("unknown option '\(first)'; the command to run is given after --")
        }
    }

    func run() throws {
        let coreLimit = ProcessHygiene.protect()
        // The arguments as the kernel has them, as they need not be UTF-8: they are the last ones.
        let count = command.first == "--" ? command.count - 1 : command.count
        guard count > 0 else {
            throw SecretaryError(
                .usage, "no command is given", hint: "secretaryctl exec [options] -- COMMAND [ARGUMENT ...]")
        }
        let arguments = unsafe ProcessArguments.last(count)
        let environment = ProcessEnvironment.entries.filter { keepKeys || !$0.isPrivateKey }
        var image = try unsafe ProcessImage(arguments: arguments, environment: environment, opener: reader.opener())
        let reason = image.replaceProcess(coreLimit: coreLimit)
        // From here on the secrets are gone; what is left to do is to say why.
        throw ExecCommand.failure(unsafe arguments.first.map { unsafe String(cString: $0) } ?? "", reason)
    }

    /// Reports why the program did not start; the status is the one that shells use.
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

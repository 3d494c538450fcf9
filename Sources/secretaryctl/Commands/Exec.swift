import ArgumentParser
import SecretaryCore

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command with the secrets of its environment and arguments decrypted.",
        usage: "secretaryctl exec [<options>] -- <command> [<argument> ...]",
        discussion: """
            Every envelope in the environment and in the arguments is decrypted, then the command takes this program's \
            place: same process id, same descriptors. It is all or nothing: when one secret cannot be had, nothing runs, and \
            every name that failed is listed. Private keys in DEPLOY_PRIVATE_KEY, SERVICE_PRIVATE_KEY, MASTER_PRIVATE_KEY \
            and PRIVATE_KEY are removed from the command's environment.

              secretaryctl exec -- ./server
              secretaryctl exec --app /prod/shop/web -- env
              secretaryctl exec --mount web.yml=/run/secrets -- ./server

            Exit status: the command's own; 127 when it is not found, 126 when it cannot be run; before that, as for \
            every command.
            """)

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Flag(name: .customLong("keep-keys"), help: "Leave private keys in the command's environment.")
    var keepKeys = false

    @Option(
        help: ArgumentHelp(
            "Mount a source at a directory, for the command only; can be given several times.",
            discussion: """
                As 'secretaryctl mount' does, but nobody else sees the files, and they are gone when the command ends, also \
                for processes that it has left behind. Without root this takes a user namespace: set-user-id programs \
                such as sudo do not work for the command then, and files of others seem to belong to nobody.
                """,
            valueName: "source=place"))
    var mount: [PrivateMount] = []

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
        let count = command.first == "--" ? command.count - 1 : command.count
        // First: secrets are not held while servers start.
        if count > 0 { try PrivateMounts(mounts: mount, options: options.arguments).start() }
        throw try Execution(reader: options.reader, keepKeys: keepKeys).run(lastArguments: count)
    }
}

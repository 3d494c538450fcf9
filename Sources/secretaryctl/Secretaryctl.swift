import ArgumentParser
import SecretaryCore

/// The command line of Secretary: the table of its commands.
struct Secretaryctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secretaryctl",
        abstract: "Secrets that stay encrypted in a config repo, and become files or variables where they are read.",
        discussion: """
            A value in a config file is written ENC[...]; whoever may change the file can write one, but only the \
            holder of the master key can read it.

              secretaryctl init shop               a config repo with keys and an example
              secretaryctl encrypt < password      an envelope, to be put into a file
              secretaryctl mount web.yml secrets   the secrets of a file, as files
              secretaryctl exec -- ./server        or as variables of a program

            'secretaryctl COMMAND --help' explains one command.
            """,
        version: ProgramVersion.current,
        subcommands: [
            InitCommand.self, GenkeysCommand.self, EncryptCommand.self, DecryptCommand.self, ExecCommand.self,
            MountCommand.self, UnmountCommand.self, ExplainCommand.self, CredentialsCommand.self, AuditCommand.self,
            KeysCommand.self,
            DaemonCommand.self, UnsealCommand.self, SealCommand.self, DoctorCommand.self, VersionCommand.self,
        ])
}

/// Where the program starts.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if Execution.hasNoOptions(arguments) { throw try Execution().run(lastArguments: arguments.count - 2) }
            if MountHelper.isMeant(by: CommandLine.arguments.first) {
                return try MountHelper(arguments).replaceProcess()
            }
            var command = try Secretaryctl.parseAsRoot(arguments)
            try command.run()
        } catch {
            Report.exit(error)
        }
    }
}

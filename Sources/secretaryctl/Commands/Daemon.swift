import ArgumentParser
import Glibc
import SecretaryCore
import SystemPackage

struct DaemonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Run the central daemon, secretaryd.",
        discussion: """
            This process becomes secretaryd with the same arguments; it is looked for beside this program, then in $PATH.

              secretaryctl daemon --config /etc/secretary/secretaryd.yml

            'secretaryd --help' explains the arguments.
            """)

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("Arguments of secretaryd.", valueName: "argument"))
    var arguments: [String] = []

    func run() throws {
        if ["--help", "-h"].contains(arguments.first) { throw CleanExit.helpRequest(self) }
        // Not freed: this process becomes another, or ends.
        var strings: [UnsafeMutablePointer<CChar>?] = unsafe []
        for argument in ["secretaryd"] + arguments { unsafe strings.append(strdup(argument)) }
        unsafe strings.append(nil)
        let folder = FilePath(try OwnProgram.path()).removingLastComponent()
        unsafe execv(folder.appending("secretaryd").string, &strings)
        if errno == ENOENT { unsafe execvp("secretaryd", &strings) }
        throw ExecutionFailure(command: "secretaryd", reason: errno)
    }
}

import ArgumentParser
import SecretaryCore
import SecretaryRemote

struct SealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Take the master key away from a daemon.",
        discussion: """
            It forgets its keys and all shares that were given, and answers nothing until 'secretaryctl unseal'. Only for a \
            daemon that started sealed, by its socket, for root and the user that it runs as.

              secretaryctl seal
            """)

    @Option(help: ArgumentHelp("Socket of the daemon on this machine.", valueName: "path"), completion: .file())
    var socket = "/run/secretaryd/seal.sock"

    @Flag(help: "Print how far the daemon is then, as JSON.")
    var json = false

    func run() throws {
        try SealReport(DaemonAddress.client(socket: socket).seal()).print(json: json)
    }
}

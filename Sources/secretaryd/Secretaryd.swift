import ArgumentParser
import Logging
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The central daemon: finds out which task asks, what it may have, and opens that for it.
struct Secretaryd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secretaryd",
        abstract: "Opens secrets for the tasks that may have them, so that master keys are on few hosts.",
        discussion: """
            A task proves with its deploy and service keys that it is the one that an orchestrator, or a file of rules, \
            knows; it gets its own secrets and no others, and each is written down before it does.

              secretaryd --config /etc/secretary/secretaryd.yml
              secretaryd --marathon-url http://localhost:8080 --config-key config-public-key.pem \\
                  --master-key master-private-key.pem

            SIGHUP reads keys, certificates and rules again, SIGTERM answers what was asked and ends.
            """,
        version: ProgramVersion.current)

    @OptionGroup var options: DaemonOptions

    @Flag(help: "Say whether the configuration is right, and end.")
    var check = false

    func run() throws {
        if check { return try DaemonStart.check(options) }
        ProcessHygiene.protect()
        LockedMemory.raiseLimit()
        // Both before there is another thread.
        let signals = Signals()
        try DaemonStart(options).run(signals)
    }
}

/// Where the program starts.
@main enum Main {
    static func main() {
        do {
            var command = try Secretaryd.parseAsRoot()
            try command.run()
        } catch {
            FatalError.exit(error, of: Secretaryd.self)
        }
    }
}

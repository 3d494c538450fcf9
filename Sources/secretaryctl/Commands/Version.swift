import ArgumentParser
import SecretaryCore

/// The version of this program; scripts may compare it.
enum ProgramVersion {
    static let current = "0.1.0"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version.")

    @Flag(help: "Print it as JSON.")
    var json = false

    func run() throws {
        let version = ProgramVersion.current
        try Output.line(json ? JSONText.object([("version", .string(version))]).line : version)
    }
}

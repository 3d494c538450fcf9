import ArgumentParser
import SecretaryCore

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

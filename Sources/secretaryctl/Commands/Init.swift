import ArgumentParser
import SecretaryCore
import SystemPackage

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Start a config repo: settings, keys, and an example.",
        discussion: """
            Writes .secretary.yaml, keys/ with a master and a config pair, prod/web.yml with one secret, and lines in \
            .gitignore that keep private keys out of git. Files that are there already are not replaced without --force, \
            and keys never are: those that exist are used.

              secretaryctl init shop
              cd shop && git init
            """)

    @Argument(
        help: ArgumentHelp("Where; made when it does not exist.", valueName: "folder"), completion: .directory)
    var folder = "."

    @Flag(help: "Replace files that exist, except keys.")
    var force = false

    func run() throws {
        ProcessHygiene.protect()
        let skeleton = RepoSkeleton(root: FilePath(folder))
        let made = try skeleton.write(replacing: force)
        for file in made { try Output.line("wrote \(file)") }
        try Output.line(skeleton.nextSteps)
    }
}

import ArgumentParser
import SecretaryCore
import SystemPackage

struct GenkeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genkeys",
        abstract: "Make key pairs.",
        discussion: """
            Writes NAME-private-key.pem (mode 0600) and NAME-public-key.pem (mode 0644) for each name: all of them, or \
            none. Keys that exist are never replaced without --force, as losing a master key loses every secret.

              secretaryctl genkeys                       master and config
              secretaryctl genkeys deploy service        one pair each

            master   opens secrets; keep its private half only where they are read
            config   marks who may write secrets
            deploy   made for one deployment, shows a daemon who asks
            service  made for one image or host, a second proof beside it
            """)

    @Argument(help: ArgumentHelp("Names of the pairs. (default: master config)", valueName: "name"))
    var names: [String] = []

    @Option(
        help: ArgumentHelp("Folder for the keys; made when it does not exist.", valueName: "folder"),
        completion: .directory)
    var path = "./keys/"

    @Flag(help: "Replace keys that exist. What was sealed for them is lost with them.")
    var force = false

    @Flag(help: "Print what was made as JSON.")
    var json = false

    func run() throws {
        ProcessHygiene.protect()
        let names = names.isEmpty ? [KeyRole.master.rawValue, KeyRole.config.rawValue] : names
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw SecretaryError(.usage, "the name '\(twice)' is given twice")
        }
        var pairs: [(name: String, key: PrivateKey)] = []
        for name in names { pairs.append((name, try PrivateKey.generate())) }
        let files = try KeyFiles.write(pairs, in: FilePath(path), force: force)
        try report(pairs, files)
    }

    private func report(_ pairs: [(name: String, key: PrivateKey)], _ files: [FilePath]) throws(SecretaryError) {
        let made = pairs.enumerated().map { index, pair in
            (
                name: pair.name, id: pair.key.publicKey.id.description, privateKey: files[2 * index].string,
                publicKey: files[2 * index + 1].string
            )
        }
        if json {
            let objects = made.map { pair in
                JSONText.object([
                    ("name", .string(pair.name)), ("id", .string(pair.id)),
                    ("private_key", .string(pair.privateKey)), ("public_key", .string(pair.publicKey)),
                ])
            }
            try Output.line(JSONText.array(objects).line)
        } else {
            for pair in made { try Output.line("\(pair.name) \(pair.id) \(pair.privateKey) \(pair.publicKey)") }
        }
    }
}

import ArgumentParser
import SecretaryCore
import SystemPackage

/// Where a key goes that was put together again.
struct RestoredKey: ParsableArguments {
    @Option(
        help: ArgumentHelp("Folder for the key; made when it does not exist.", valueName: "folder"),
        completion: .directory)
    var path = "./keys/"

    @Option(help: ArgumentHelp("What the files are called.", valueName: "name"))
    var name = "master"

    @Flag(help: "Print what was made as JSON.")
    var json = false

    /// Writes both halves.
    /// - Throws: `.cannotCreate` when there is one already, which stays.
    func write(_ key: PrivateKey) throws(SecretaryError) {
        let files: [FilePath]
        do {
            files = try KeyFiles.write([(name: name, key: key)], in: FilePath(path))
        } catch {
            throw SecretaryError(
                error.code, error.message, hint: "choose another folder with --path: nothing is ever replaced")
        }
        if json {
            try Output.line(
                JSONText.object([
                    ("name", .string(name)), ("id", .string("\(key.id)")),
                    ("private_key", .string(files[0].string)), ("public_key", .string(files[1].string)),
                ]).line)
        } else {
            try Output.line("\(name) \(key.id) \(files[0]) \(files[1])")
        }
    }
}

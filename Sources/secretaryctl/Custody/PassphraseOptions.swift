import ArgumentParser
import SecretaryCore
import SystemPackage

/// Where a passphrase comes from: never from arguments, which everybody on the machine can see.
struct PassphraseOptions: ParsableArguments {
    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp(
            "Read the passphrase from a file instead of the terminal.",
            discussion: "A newline at its end does not count. /dev/fd/3 is the open descriptor 3.", valueName: "file"),
        completion: .file())
    var file: String?

    /// Reads the passphrase.
    /// - Parameter isNew: whether it is chosen now; it is asked for twice then.
    /// - Throws: `.noInput` when there is neither a file nor a terminal, `.usage` when both times differ.
    func passphrase(for what: String, isNew: Bool = false) throws(SecretaryError) -> SecretBytes {
        if let file { return try SecretBytes(readingLineOf: FilePath(file)) }
        let terminal = try PassphraseTerminal()
        let passphrase = try terminal.ask("passphrase for \(what): ")
        guard isNew else { return passphrase }
        guard try terminal.ask("once more: ").isEqual(to: passphrase) else {
            throw SecretaryError(.usage, "the two passphrases differ")
        }
        return passphrase
    }
}

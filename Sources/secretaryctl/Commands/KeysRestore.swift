import ArgumentParser
import SecretaryCore
import SystemPackage

struct KeysRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make the private key again from its backup.",
        discussion: """
            Writes NAME-private-key.pem (mode 0600) and NAME-public-key.pem (mode 0644), and never replaces any.

              secretaryctl keys restore master-locked-key.pem --path keys
            """)

    @Argument(help: ArgumentHelp("What 'keys backup' has made.", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var target: RestoredKey

    func run() throws {
        ProcessHygiene.protect()
        let text = try CustodyFiles.read(FilePath(file))
        let locked: LockedKey
        do throws(SecretaryError) {
            locked = try LockedKey(text: text)
        } catch {
            throw error.prefixed(file)
        }
        let secret = try passphrase.passphrase(for: "the key \(locked.publicKey.id)")
        try target.write(locked.unlock(passphrase: secret))
    }
}

import ArgumentParser
import SecretaryCore
import SystemPackage

struct KeysBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Encrypt a private key under a passphrase.",
        discussion: """
            Prints text that can be stored or printed, or writes it to a new file (mode 0600). Without the passphrase it is \
            worth nothing; with it, 'secretaryctl keys restore' makes the key again. Trying one passphrase costs as much \
            time and memory as is asked for here (Argon2id).

              secretaryctl keys backup keys/master-private-key.pem > master-locked-key.pem
              secretaryctl keys backup --output master-locked-key.pem

            The passphrase is asked for on the terminal, twice. Six random words are good; a name with a year is not.
            """)

    @Argument(
        help: ArgumentHelp("The private key.", valueName: "key"), completion: .file())
    var key = "keys/master-private-key.pem"

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file"), completion: .file())
    var output: String?

    @OptionGroup var passphrase: PassphraseOptions

    @Option(help: ArgumentHelp("Memory that trying a passphrase takes.", valueName: "MiB"))
    var memory = LockedKey.Cost.standard.memory >> 10

    @Option(help: ArgumentHelp("Passes over that memory.", valueName: "count"))
    var passes = LockedKey.Cost.standard.passes

    @Flag(name: .customLong("insecure-keys"), help: "Accept a private key file that others can read.")
    var insecureKeys = false

    @Flag(help: "Print what was made as JSON; needs --output.")
    var json = false

    func validate() throws {
        if json, output == nil { throw ValidationError("--json needs --output.") }
        if !(1...2048).contains(memory) { throw ValidationError("--memory takes 1 to 2048 MiB.") }
        if !LockedKey.Cost.acceptable.passes.contains(passes) { throw ValidationError("--passes takes 1 to 64.") }
    }

    func run() throws {
        ProcessHygiene.protect()
        let key = try KeyFiles.readPrivateKey(FilePath(key), allowInsecure: insecureKeys)
        let secret = try passphrase.passphrase(for: "the new backup", isNew: true)
        let locked = try LockedKey.lock(
            key, passphrase: secret, cost: LockedKey.Cost(passes: passes, memory: memory << 10))
        // A backup that nobody has ever restored is none.
        let text = locked.text
        _ = try LockedKey(text: text).unlock(passphrase: secret)
        guard let output else { return try Output.write(text) }
        try CustodyFiles.write(text, to: FilePath(output))
        if json {
            try Output.line(
                JSONText.object([("id", .string("\(key.id)")), ("backup", .string(output))]).line)
        } else {
            try Output.line("\(key.id) \(output)")
        }
    }
}

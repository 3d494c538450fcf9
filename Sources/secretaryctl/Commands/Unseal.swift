import ArgumentParser
import SecretaryCore
import SecretaryRemote
import SystemPackage

struct UnsealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal",
        abstract: "Give a daemon what it needs to have its master key.",
        discussion: """
            A daemon that starts sealed answers nothing until its key is whole: until a passphrase was given, or as many \
            shares as are needed, one by one, each by its operator. What is given is sealed for this daemon as it runs now, \
            and is lost when it ends.

              secretaryctl unseal --status
              secretaryctl unseal share-1-alice.pem --operator-key alice-private-key.pem
              secretaryctl unseal --secretary-url https://secretary.example:5070 share-1-alice.pem \\
                  --operator-key alice-private-key.pem
              secretaryctl unseal --passphrase-file /dev/fd/3 3< passphrase

            Without a share the passphrase is asked for, if it is one that the daemon needs. Prints how far the daemon is \
            then. See 'secretaryctl keys' for shares and passphrases, and 'secretaryctl seal' for the way back.
            """)

    @Argument(help: ArgumentHelp("Files of shares.", valueName: "share"), completion: .file())
    var shares: [String] = []

    @OptionGroup var operators: OperatorKeys
    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var daemon: DaemonAddress

    @Flag(help: "Give nothing, only print how far the daemon is.")
    var status = false

    @Flag(help: "Print that as JSON.")
    var json = false

    func validate() throws {
        if !shares.isEmpty, operators.files.isEmpty { throw ValidationError("A share needs its --operator-key.") }
        if status, !shares.isEmpty || passphrase.file != nil { throw ValidationError("--status gives nothing.") }
    }

    func run() throws {
        ProcessHygiene.protect()
        let client = try daemon.client()
        let keys = try operators.read()
        // Shares are opened before anything is asked of the daemon: a mistake with files is none of its business.
        let shares = try shares.map { file in (file, try OperatorKeys.open(FilePath(file), by: keys)) }
        var state = try client.state()
        if status { return try SealReport(state).print(json: json) }
        for (file, share) in shares {
            do {
                state = try client.give(share, to: state)
            } catch {
                throw error.prefixed(file)
            }
        }
        if shares.isEmpty { state = try givePassphrase(to: state, client) }
        try SealReport(state).print(json: json)
    }

    private func givePassphrase(to state: SealState, _ client: SealClient) throws(SecretaryError) -> SealState {
        guard let key = state.keys.first(where: { $0.isSealed && $0.set == nil }) else {
            guard state.isSealed else { throw SecretaryError(.usage, "the daemon is not sealed") }
            throw SecretaryError(
                .usage, "the daemon needs shares",
                hint: "secretaryctl unseal share-1-alice.pem --operator-key alice-private-key.pem")
        }
        return try client.give(passphrase: passphrase.passphrase(for: "the key \(key.id)"), to: state)
    }
}

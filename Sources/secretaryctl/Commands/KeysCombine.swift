import ArgumentParser
import SecretaryCore
import SystemPackage

struct KeysCombineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "combine",
        abstract: "Make the private key again from its shares.",
        discussion: """
            Needs as many shares as were asked for when they were made, and the private keys of their operators. With \
            shares.json a false share is named; without it only the whole is known to be wrong.

              secretaryctl keys combine share-1-alice.pem share-3-carol.pem --set shares.json \\
                  --operator-key alice-private-key.pem --operator-key carol-private-key.pem

            Do this where nothing else runs, for a key that is needed again; a daemon gets its shares one by one by \
            'secretaryctl unseal', and nobody has them all. Writes NAME-private-key.pem (mode 0600) and \
            NAME-public-key.pem (mode 0644), and never replaces any.
            """)

    @Argument(help: ArgumentHelp("Files of shares.", valueName: "share"), completion: .file())
    var shares: [String]

    @Option(help: ArgumentHelp("The shares.json that belongs to them.", valueName: "file"), completion: .file())
    var set: String?

    @OptionGroup var operators: OperatorKeys
    @OptionGroup var target: RestoredKey

    func run() throws {
        ProcessHygiene.protect()
        let keys = try operators.read()
        guard !keys.isEmpty else {
            throw SecretaryError(.usage, "no operator's key is named", hint: "name each with --operator-key")
        }
        var collection: ShareCollection?
        if let set { collection = ShareCollection(try ShareSet(text: CustodyFiles.read(FilePath(set)), name: set)) }
        for file in shares {
            let share = try OperatorKeys.open(FilePath(file), by: keys)
            var all = collection ?? ShareCollection(startingWith: share)
            let key: PrivateKey?
            do throws(SecretaryError) {
                key = try all.add(share)
            } catch {
                throw error.prefixed(file)
            }
            if let key { return try target.write(key) }
            collection = all
        }
        let missing = collection.map { $0.threshold - $0.given.count } ?? 0
        throw SecretaryError(
            .noInput, "\(shares.count) of \(collection?.threshold ?? 0) shares are not enough",
            hint: missing == 1 ? "one more is needed" : "\(missing) more are needed")
    }
}

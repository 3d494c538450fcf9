import ArgumentParser
import SecretaryCore
import SystemPackage

struct KeysSplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Split a private key into shares, of which some are needed.",
        discussion: """
            Each operator gets one share, sealed to his public key: he alone can open it, and alone it tells nothing \
            about the key (Shamir's secret sharing). Operators make their keys themselves, each on his own machine:

              secretaryctl genkeys alice

            Then any two of three are needed:

              secretaryctl keys split --threshold 2 --operator alice-public-key.pem \\
                  --operator bob-public-key.pem --operator carol-public-key.pem

            Writes share-NUMBER-NAME.pem (mode 0600) for each, to be given to the operators, and shares.json, which \
            is public, for daemons and for 'keys combine'. Names are those of the files without -public-key.pem.
            """)

    @Argument(help: ArgumentHelp("The private key.", valueName: "key"), completion: .file())
    var key = "keys/master-private-key.pem"

    @Option(help: ArgumentHelp("How many shares are needed.", valueName: "count"))
    var threshold: Int

    @Option(
        name: .customLong("operator"),
        help: ArgumentHelp("Public key of an operator; one for each share.", valueName: "file"),
        completion: .file())
    var operators: [String]

    @Option(
        help: ArgumentHelp("Folder for the shares; made when it does not exist.", valueName: "folder"),
        completion: .directory)
    var path = "./shares/"

    @Flag(name: .customLong("insecure-keys"), help: "Accept a private key file that others can read.")
    var insecureKeys = false

    @Flag(help: "Print what was made as JSON.")
    var json = false

    func run() throws {
        ProcessHygiene.protect()
        var owners: [(name: String, key: PublicKey)] = []
        for file in operators {
            let owner = (name: try Self.name(of: file), key: try KeyFiles.readPublicKey(FilePath(file)))
            guard !owners.contains(where: { $0.name == owner.name || $0.key == owner.key }) else {
                throw SecretaryError(
                    .usage, "\(file): this operator is named twice",
                    hint: "two shares in one hand count as one: give each to somebody else")
            }
            owners.append(owner)
        }
        let key = try KeyFiles.readPrivateKey(FilePath(key), allowInsecure: insecureKeys)
        let shares = try KeyShare.split(key, threshold: threshold, count: owners.count)
        let files = try CustodyFiles.write(shares, of: key, for: owners, in: FilePath(path))
        if threshold == 1, owners.count > 1 { Report.warning("one share is enough: each operator has the whole key") }
        try report(key, owners.map(\.name), files)
    }

    private static func name(of file: String) throws(SecretaryError) -> String {
        let suffix = "-public-key.pem"
        let base = FilePath(file).lastComponent?.string ?? ""
        let name = base.hasSuffix(suffix) ? String(base.dropLast(suffix.count)) : FilePath(base).stem ?? ""
        let isPlain = name.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789-_.".contains(Character($0))
        }
        guard !name.isEmpty, isPlain else {
            throw SecretaryError(
                .usage, "\(file): an operator cannot be called '\(name)'", hint: "call the file alice-public-key.pem")
        }
        return name
    }

    private func report(_ key: PrivateKey, _ names: [String], _ files: [FilePath]) throws(SecretaryError) {
        let set = files.last?.string ?? ""
        guard json else {
            for (name, file) in zip(names, files) { try Output.line("\(name) \(file)") }
            return try Output.line("set \(set)")
        }
        let shares = zip(names, files).enumerated().map { index, share in
            JSONText.object([
                ("number", .number(index + 1)), ("operator", .string(share.0)), ("file", .string(share.1.string)),
            ])
        }
        try Output.line(
            JSONText.object([
                ("id", .string("\(key.id)")), ("threshold", .number(threshold)), ("set", .string(set)),
                ("shares", .array(shares)),
            ]).line)
    }
}

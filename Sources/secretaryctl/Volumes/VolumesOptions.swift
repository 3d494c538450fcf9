import ArgumentParser

/// A mount of volumes, which are defined by the files of a folder.
struct VolumesOptions: ParsableArguments {
    @Option(
        name: .customLong("volumes"),
        help: ArgumentHelp(
            "Show a folder for each volume that a file NAME.json in this folder defines, in place of one source.",
            discussion: """
                What a volume shows, for whom, and with which keys, is said by its definition, and follows it. One that \
                cannot be read keeps its files, and disturbs no other.
                """, valueName: "folder"),
        completion: .directory)
    var folder: String?

    @Option(
        name: .customLong("sources"),
        help: ArgumentHelp(
            "With --volumes: where relative sources of volumes are. Default: /etc/secretary.", valueName: "folder"),
        completion: .directory)
    var sources: String?

    @Option(
        name: .customLong("keys"),
        help: ArgumentHelp(
            "With --volumes: where keys are that definitions name, or do not. Default: /etc/secretary/keys.",
            valueName: "folder"),
        completion: .directory)
    var keys: String?

    var sourcesFolder: String { sources ?? "/etc/secretary" }
    var keysFolder: String { keys ?? "/etc/secretary/keys" }

    /// - Parameters:
    ///   - hasSource: whether a source is given beside the mountpoint.
    ///   - selects: whether options say what is shown of it.
    /// - Throws: what the parser shows, when the options do not go together.
    func validate(hasSource: Bool, selects: Bool, _ reader: Reader) throws {
        guard folder != nil else {
            if sources != nil { throw ValidationError("--sources is for --volumes.") }
            if keys != nil { throw ValidationError("--keys is for --volumes.") }
            return
        }
        if hasSource {
            throw ValidationError("--volumes takes a mountpoint only: each volume has a source of its own.")
        }
        if selects {
            throw ValidationError(
                "--view, --select, --layout and --all do not go with --volumes: they are options of each volume.")
        }
        let daemon = reader.daemon
        let own = [reader.privateKey, reader.configKey, reader.app, daemon.masterKey, daemon.serviceKey]
        if !daemon.urls.isEmpty || own.contains(where: { $0 != nil }) {
            throw ValidationError("Keys, --app and --secretary-url do not go with --volumes: each volume has its own.")
        }
    }
}

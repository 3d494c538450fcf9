public import ArgumentParser
public import SecretaryCore
import SystemPackage

extension AuditSettings.Sync: ExpressibleByArgument {}

/// Where a mount writes down who opened which secret.
struct AuditOptions: ParsableArguments {
    @Option(
        name: .customLong("audit-file"),
        help: ArgumentHelp(
            "Write who opens which secret into this file; a secret that cannot be audited is not let out.",
            valueName: "file"),
        completion: .file())
    var file: String?

    @Option(
        name: .customLong("audit-key"),
        help: ArgumentHelp(
            "Public key of the auditor, whose private key verifies the file.",
            discussion: "Without it the key is put into FILE.key, to be moved to another machine.", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(
        name: .customLong("audit-fsync"),
        help: ArgumentHelp(
            "When a record is on the disk.",
            discussion: """
                record: before the secret is let out; group: 5 ms later, for all of that time at once, and until then \
                in memory that outlives a crash; none: when the kernel likes.
                """, valueName: "when"))
    var sync: AuditSettings.Sync = .group

    @Option(
        name: .customLong("audit-max-size"),
        help: ArgumentHelp("Begin another file when this one has so many MiB.", valueName: "MiB"))
    var maximumSize = 256

    @Flag(name: .customLong("audit-syslog"), help: "Send the records to the system's log.")
    var syslog = false

    @Flag(name: .customLong("audit-stdout"), help: "With --foreground: print the records on standard output.")
    var standardOutput = false

    @Option(
        help: ArgumentHelp(
            "Ask the Docker Engine at this socket for image, service and task of readers in containers, for the log.",
            discussion: "An open does not wait long for it: without an answer the record says so.", valueName: "socket"),
        completion: .file())
    var dockerSocket: String?

    /// Whether anything is to be written down.
    var isAsked: Bool { file != nil || syslog || standardOutput }

    /// - Throws: what the parser shows, when the options do not go together.
    func validate(with cache: String, isResident: Bool, foreground: Bool) throws {
        if isAsked, isResident {
            throw ValidationError("--cache \(cache) does not go with an audit log: nobody would hear of an open.")
        }
        if key != nil, file == nil { throw ValidationError("--audit-key is for --audit-file.") }
        if dockerSocket != nil, !isAsked {
            throw ValidationError("--docker-socket is for an audit log: add --audit-file or --audit-syslog.")
        }
        if standardOutput, !foreground { throw ValidationError("--audit-stdout is for --foreground.") }
        if !(1...1_000_000).contains(maximumSize) {
            throw ValidationError("--audit-max-size takes 1 to 1000000 MiB.")
        }
    }

    /// - Parameters:
    ///   - mountpoint: where the log cannot be; `nil` where nothing is mounted.
    ///   - absolute: makes a path one that means the same in another folder.
    /// - Returns: `nil` when nothing is to be written down.
    /// - Throws: `.usage`, and `.noInput` or `.malformed` for the auditor's key.
    func settings(
        mountpoint: FilePath? = nil, _ absolute: (String) -> FilePath
    ) throws(SecretaryError) -> AuditSettings? {
        guard isAsked else { return nil }
        var settings = AuditSettings()
        if let file {
            let path = absolute(file)
            if let mountpoint, path.starts(with: mountpoint) {
                throw SecretaryError(.usage, "the audit log cannot be in the mount that it is of")
            }
            settings.file = path
        }
        if let key { settings.auditor = try KeyFiles.readPublicKey(absolute(key)) }
        settings.sync = sync
        settings.maximumSize = maximumSize << 20
        settings.syslog = syslog
        settings.standardOutput = standardOutput
        return settings
    }
}

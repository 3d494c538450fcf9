import ArgumentParser
import Glibc
import SecretaryCore
import SystemPackage

struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find out whether an audit log is as it was written.",
        discussion: """
            With the key, every byte of every record is verified: it is the private key that belongs to --audit-key, or the \
            FILE.key that the mount wrote, which belongs on another machine. Without a key, what is signed is verified, which \
            is all but the latest records.

              secretaryctl audit verify --key auditor-private-key.pem audit.log*
              secretaryctl audit verify --root 6f1c… audit.log

            Several files of one log may be given in any order. Prints what was found, the root key too: written down \
            elsewhere and given with --root it proves that this is the log it was. Exit status 0: intact. 82: not, and the \
            first bad record and its byte are named.
            """)

    @Option(
        help: ArgumentHelp(
            "The auditor's private key, or FILE.key. Default: the FILE.key beside the first file.", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(help: ArgumentHelp("The root key that the log has to begin with.", valueName: "key"))
    var root: String?

    @Flag(
        help: ArgumentHelp(
            "Accept a part: a log whose first files are gone, or that was copied while it was written."))
    var part = false

    @Flag(name: .customLong("insecure-keys"), help: "Accept private key files that others can read.")
    var insecureKeys = false

    @Flag(help: "Print the verdict as JSON.")
    var json = false

    @Argument(help: ArgumentHelp("Files of one log.", valueName: "file"), completion: .file())
    var files: [String]

    func run() throws {
        ProcessHygiene.protect()
        let files = files.map { FilePath($0) }
        let (key, warning) = try verificationKey(for: files)
        let verdict = try AuditVerifier(key: key, root: root, allowsPart: part).verify(files)
        if let warning { Report.warning(warning) }
        try AuditVerdictText(verdict, json: json).print()
        guard verdict.isIntact else { throw AuditVerdictText.error(verdict) }
    }

    private func verificationKey(for files: [FilePath]) throws(SecretaryError) -> (AuditKey?, warning: String?) {
        if let key { return (try AuditKey(FilePath(key), allowInsecure: insecureKeys), nil) }
        for file in files {
            let beside = FilePath(file.string + ".key")
            guard unsafe access(beside.string, R_OK) == 0 else { continue }
            return (
                try AuditKey(beside),
                "\(beside) lies beside the log: whoever can change both can forge it; move it to another machine"
            )
        }
        return (nil, nil)
    }
}

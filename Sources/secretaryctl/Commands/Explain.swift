import ArgumentParser
import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say whether a reader may open a file of a view, and which rule decides.",
        usage: "secretaryctl explain --view NAME --file PATH {--uid ID | --pid PID} [options] [REPOSITORY]",
        discussion: """
            Asks the same code as a mount, in the same order: the file's mode, the rules about readers in .secretary.yaml, \
            the scopes of the secret. Says also whether a key for it is at hand. Decrypts nothing, and needs no mount.

              secretaryctl explain --view web --file key.pem --uid 33 --exe /usr/sbin/nginx
              secretaryctl explain --view web --file key.pem --uid 33 --cgroup /web.slice
              sudo secretaryctl explain --view web --file key.pem --pid 4711

            With --pid the reader is a process as it is now; as root, because the program of another user's process is \
            hidden from others. What is not given is unknown, as for a process that cannot be looked at: it satisfies no \
            rule that allows, and every rule that denies.

            Exit status: 0 allowed, 77 denied.
            """)

    @Option(help: ArgumentHelp("A view of .secretary.yaml.", valueName: "name"))
    var view: String

    @Option(help: ArgumentHelp("A file of it, from the mountpoint on.", valueName: "path"))
    var file: String

    @OptionGroup(title: "The reader")
    var person: ReaderDescription

    @Option(help: ArgumentHelp("Permissions of files without others, as given to mount.", valueName: "mode"))
    var mode: FileMode = FileMode(bits: 0o400)

    @Option(help: ArgumentHelp("Owner of the files: --uid of mount. Default: you.", valueName: "id"))
    var owner: UInt32?

    @Option(help: ArgumentHelp("Group of the files: --gid of mount. Default: yours.", valueName: "id"))
    var group: UInt32?

    @Flag(help: "Print an object with a member for each step.")
    var json = false

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Argument(
        help: ArgumentHelp("The config repo, or a folder in it.", valueName: "repository"), completion: .directory)
    var repository = "."

    func run() throws {
        ProcessHygiene.protect()
        let (reader, groups) = try person.reader()
        let selection = MountSelection(
            place: FilePath(repository), view: view, select: nil, layout: .keys, includesPlain: true,
            app: try options.reader.identity(), mode: mode.bits, owner: owner ?? geteuid(), group: group ?? getegid())
        let keys = Result { () throws(SecretaryError) in
            LocalDecryptor(keys: try options.reader.keyRing(for: ConfigRepository.discover(from: selection.place)))
        }
        let source = RepositorySource(selection, decryptor: LocalDecryptor(keys: KeyRing()))
        let explanation = Explanation(of: try source.file(at: file), for: reader, groups: groups)
        let report = ExplanationReport(explanation: explanation, reader: reader, keys: keys)
        for line in json ? [report.json.lines()] : report.lines.map(Printable.text) { try Output.line(line) }
        guard explanation.decision.isAllowed else {
            throw ReportedFailure(status: SecretaryError.Code.denied.rawValue)
        }
    }
}

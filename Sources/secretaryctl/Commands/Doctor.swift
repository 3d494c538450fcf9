import ArgumentParser
import SecretFS
import SecretaryCore
import SystemPackage

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what mounts need, and say how to mend what is missing.",
        discussion: """
            Looks at the machine as it is for you: whether you can mount, what the kernel can do, where plaintext could get \
            to, and whether every mount still has its server. With SOURCE, a config file or a folder of them, also whether \
            its keys are at hand and in safe files, and whether all of it can be read. Changes nothing, and decrypts nothing.

              secretaryctl doctor
              secretaryctl doctor web.yml
              sudo secretaryctl doctor --json /etc/shop

            Each line says ok, warning (works, but not as well, or not in every case) or problem (does not work), with what can \
            be done about it. Exit status: 0 without a problem, 78 with one.
            """)

    @Flag(help: "Print an array of objects with check, level, reason and fix.")
    var json = false

    /// How `MountProbe` starts this program.
    @Option(help: .hidden)
    var probe: String?

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Argument(help: ArgumentHelp("A config file or a folder of them.", valueName: "source"), completion: .file())
    var source: String?

    func run() throws {
        if let probe { return try Output.write(Array(MountProbe.askHere(probe).rawValue.utf8)) }
        ProcessHygiene.protect()
        var findings = Doctor.examine(.this)
        if let source { findings += SourceChecks(source: FilePath(source), reader: options.reader).findings() }
        if json {
            try Output.line(FindingTable.json(findings).lines())
        } else {
            for line in FindingTable.lines(findings, isColourful: Output.isColourful) { try Output.line(line) }
        }
        guard findings.contains(where: { $0.level == .problem }) else { return }
        throw ReportedFailure(status: SecretaryError.Code.configuration.rawValue)
    }
}

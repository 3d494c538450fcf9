import ArgumentParser
import SecretaryCore
import SystemPackage

struct AuditShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show records of audit logs.",
        discussion: """
            One record a line: number, time, event, reader, secret, and the rule that decided or the reason. A time more \
            than a second before one above is marked with '<': the clock was set back.

              secretaryctl audit show --since 2h audit.log
              secretaryctl audit show --event denied --reader '/usr/bin/*' audit.log
              secretaryctl audit show --json audit.log | jq .secret
            """)

    @OptionGroup var options: AuditFilterOptions

    @Option(help: ArgumentHelp("Only this kind of record; may be repeated.", valueName: "event"))
    var event: [AuditEvent] = []

    @Flag(help: "Print the records as they are, one JSON object a line.")
    var json = false

    @Argument(help: ArgumentHelp("Audit logs.", valueName: "file"), completion: .file())
    var files: [String]

    func run() throws {
        var filter = try options.filter()
        filter.events = Set(event)
        var output = BufferedOutput()
        var latest: Int64 = 0
        let unreadable = try AuditEntry.forEach(in: files.map { FilePath($0) }) { (entry) throws(SecretaryError) in
            // Less than that is two readers at once.
            let isBack = entry.time < latest - 1_000_000_000
            latest = max(latest, entry.time)
            guard filter.matches(entry) else { return }
            try output.line(json ? entry.line : Array(AuditEntryText.line(entry, isBack: isBack).utf8))
        }
        try output.flush()
        if unreadable > 0 {
            Report.warning("\(unreadable) lines are no records; 'audit verify' says more")
        }
    }
}

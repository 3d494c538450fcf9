import ArgumentParser
import SecretaryCore
import SystemPackage

struct AuditWhoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who",
        abstract: "List who opened which secret.",
        discussion: """
            Records are put together by secret, and by user, program and container, or by app: how often it was opened and denied, how many \
            versions of the value were seen, and when first and last. After a laptop was stolen, this is the list of what to \
            change.

              secretaryctl audit who --reader 1000 --since 2026-11-01 audit.log
              secretaryctl audit who --secret db/password --json audit.log*
            """)

    @OptionGroup var options: AuditFilterOptions

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Argument(help: ArgumentHelp("Audit logs.", valueName: "file"), completion: .file())
    var files: [String]

    func run() throws {
        let filter = try options.filter()
        var readers = AuditReaders()
        let unreadable = try AuditEntry.forEach(in: files.map { FilePath($0) }) { entry in
            if filter.matches(entry) { readers.add(entry) }
        }
        if json {
            for (group, use) in readers.sorted { try Output.line(Self.object(group, use).line) }
        } else {
            var table = TextTable()
            table.add(["SECRET", "UID", "PROGRAM OR APP", "CONTAINER", "OPENED", "DENIED", "VERSIONS", "FIRST", "LAST"])
            for (group, use) in readers.sorted {
                table.add([
                    Printable.text(group.secret), group.uid.map(String.init) ?? "-",
                    Printable.text(group.app ?? group.executable ?? "-"),
                    Printable.text(Self.container(group, use)), "\(use.opened)", "\(use.denied)",
                    "\(use.versions.count)", Timestamp.text(use.first), Timestamp.text(use.last),
                ])
            }
            for line in table.lines { try Output.line(line) }
        }
        if unreadable > 0 {
            Report.warning("\(unreadable) lines are no records; 'audit verify' says more")
        }
    }

    /// The id as Docker shortens it, after the name of its service.
    private static func container(_ group: AuditReaders.Group, _ use: AuditReaders.Use) -> String {
        guard let id = group.container?.prefix(12) else { return "-" }
        return use.service.map { "\($0)/\(id)" } ?? String(id)
    }

    private static func object(_ group: AuditReaders.Group, _ use: AuditReaders.Use) -> JSONText {
        .object([
            ("secret", .string(group.secret)), ("uid", group.uid.map { .number(Int(clamping: $0)) } ?? .null),
            ("exe", group.executable.map { .string($0) } ?? .null),
            ("container", group.container.map { .string($0) } ?? .null),
            ("image", use.image.map { .string($0) } ?? .null), ("service", use.service.map { .string($0) } ?? .null),
            ("app", group.app.map { .string($0) } ?? .null), ("opened", .number(use.opened)),
            ("denied", .number(use.denied)), ("versions", .array(use.versions.sorted().map { .string($0) })),
            ("first", .string(Timestamp.text(use.first))), ("last", .string(Timestamp.text(use.last))),
        ])
    }
}

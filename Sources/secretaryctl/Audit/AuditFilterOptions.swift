public import ArgumentParser
public import SecretaryCore

extension AuditEvent: ExpressibleByArgument {}

/// Which records are wanted: what `show` and `who` share.
struct AuditFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only these secrets, by their path in the mount.", valueName: "glob"))
    var secret: String?

    @Option(help: ArgumentHelp("Only secrets with such a scope.", valueName: "glob"))
    var scope: String?

    @Option(
        help: ArgumentHelp(
            "Only these readers: a user's number, or a pattern for the program, container, cgroup, app, task or address.",
            valueName: "uid|glob"))
    var reader: String?

    @Option(help: ArgumentHelp("From this moment on: 2026-11-22, 2026-11-22T10:00:00Z, or 2h ago.", valueName: "time"))
    var since: AuditTime?

    @Option(help: ArgumentHelp("Up to this moment.", valueName: "time"))
    var until: AuditTime?

    func filter() throws(SecretaryError) -> AuditFilter {
        var filter = AuditFilter()
        if let secret { filter.secret = try Glob(parsing: secret) }
        if let scope { filter.scope = try Glob(parsing: scope) }
        if let reader {
            if let uid = UInt64(reader) {
                filter.reader = .uid(uid)
            } else {
                filter.reader = .pattern(try Glob(parsing: reader))
            }
        }
        filter.since = since?.nanoseconds
        filter.until = until?.nanoseconds
        return filter
    }
}

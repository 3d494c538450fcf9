import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Verify and read audit logs.",
        discussion: """
            'mount --audit-file FILE' writes who opened which secret into FILE, in a chain that nobody can change afterwards \
            without being found out.

              secretaryctl audit verify FILE
              secretaryctl audit show --secret 'db/*' --since 2h FILE
              secretaryctl audit who --secret db/password FILE*

            'audit show' and 'audit who' do not verify what they show.
            """,
        subcommands: [AuditVerifyCommand.self, AuditShowCommand.self, AuditWhoCommand.self])
}

import ArgumentParser

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keep the master key safe: shares, backups.",
        discussion: """
            Whoever loses the master key loses every secret, and whoever finds it has them all. It can be kept in two ways \
            that are neither:

              backup   encrypted under a passphrase; restore makes the key of it again
              split    in shares, of which some are needed; combine makes the key of them again

            A daemon can start with either instead of the key, sealed until 'secretaryctl unseal'.
            """,
        subcommands: [
            KeysBackupCommand.self, KeysRestoreCommand.self, KeysSplitCommand.self, KeysCombineCommand.self,
        ])
}

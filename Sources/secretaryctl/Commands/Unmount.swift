import ArgumentParser
import SecretFS
import SecretaryCore
import SystemPackage

struct UnmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount",
        abstract: "End a mount and zero what it holds.",
        discussion: """
            Returns when the server has zeroed every plaintext and ended. A mount whose server is gone is removed too.

              secretaryctl unmount /run/secrets
            """)

    @Flag(help: "Unmount although files are open there; they can be read on, and the server ends when they are closed.")
    var lazy = false

    @Argument(help: "Where it is mounted.", completion: .directory)
    var mountpoints: [String]

    func run() throws {
        for mountpoint in mountpoints {
            try Unmounting.unmount(FilePath(mountpoint), lazily: lazy)
        }
    }
}

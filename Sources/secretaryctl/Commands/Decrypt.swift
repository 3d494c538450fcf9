import ArgumentParser
import SecretaryCore
import SystemPackage

struct DecryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "Decrypt the envelopes of standard input, or of the environment.",
        discussion: """
            Copies standard input to standard output with every envelope replaced by its plaintext; everything else passes \
            through untouched, and input of any size takes the memory of one envelope.

              secretaryctl decrypt < web.yml
              secretaryctl decrypt --app /prod/shop/web < web.yml       only what that app may read

            With --decrypt-env, prints shell code that sets the variables that hold envelopes, for any value and any \
            POSIX shell. When one cannot be decrypted nothing is printed, and every name that failed is listed.

              eval "$(secretaryctl decrypt --decrypt-env)"
            """)

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Flag(
        name: [.customShort("e"), .customLong("decrypt-env")],
        help: "Print 'export NAME=...' for each variable that holds envelopes.")
    var decryptEnvironment = false

    func run() throws {
        ProcessHygiene.protect()
        let opener = try options.reader.opener()
        if decryptEnvironment {
            var script = try EnvironmentScript(opener: opener)
            try script.write(to: .standardOutput)
        } else {
            try StreamDecryptor(opener: opener).copy(from: .standardInput, to: .standardOutput)
        }
    }
}

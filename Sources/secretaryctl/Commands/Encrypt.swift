import ArgumentParser
import SecretaryCore
import SecretaryRemote
import SystemPackage

struct EncryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt",
        abstract: "Encrypt standard input into an envelope.",
        discussion: """
            All of standard input is the secret, a newline at its end included: use echo -n or printf.

              echo -n s3cret | secretaryctl encrypt
              secretaryctl encrypt --format hpke --scope /prod/shop/web#DB_PASSWORD < file
              secretaryctl encrypt --kms-key-id alias/secretary < file

            The format is that of .secretary.yaml, else nacl, which the original Secretary reads. An hpke or kms envelope \
            can have a scope: it opens only for that app or apps below it and, after a #, only under that name. Without \
            one, whoever may put the envelope into another service's file has it decrypted there.

            kms needs AWS credentials and a region, which are looked for where AWS's own programs do. The original \
            Secretary reads kms envelopes without a scope.
            """)

    @OptionGroup(title: "Keys")
    var keys: WriterOptions

    @Option(
        help: ArgumentHelp(
            "Format of the envelope.", discussion: "Else that of .secretary.yaml, else nacl.",
            valueName: "nacl|hpke|kms")
    )
    var format: EnvelopeFormat?

    @Option(help: ArgumentHelp("Who may open it (hpke, kms), such as /prod/shop/web#NAME.", valueName: "scope"))
    var scope: String?

    @Flag(name: [.customShort("w"), .customLong("wrap")], help: "Break the envelope into lines of 64 characters.")
    var wrap = false

    func run() throws {
        ProcessHygiene.protect()
        let envelope = try seal()
        if wrap {
            try Output.write(envelope.wrappedText)
        } else {
            // The newline is for eyes: in a pipe or a file the envelope stands alone, as the original's does.
            try Output.write(envelope.text + (Output.isTerminal ? [UInt8(ascii: "\n")] : []))
        }
    }

    private func seal() throws(SecretaryError) -> Envelope {
        let scope = try parsedScope()
        let sealer = try sealer(scope: scope)
        let plaintext = try SecretBytes(readingAll: .standardInput)
        return try sealer.seal(plaintext, scope: scope)
    }

    private func parsedScope() throws(SecretaryError) -> Scope? {
        guard let scope else { return nil }
        do {
            return try Scope(parsing: scope)
        } catch {
            throw SecretaryError(.usage, "--scope: \(error.message)", hint: error.hint)
        }
    }

    /// Everything that can be wrong is found before the secret is read.
    private func sealer(scope: Scope?) throws(SecretaryError) -> any Sealer {
        let defaults = try WriterDefaults.nearest()
        let format = format ?? (keys.kmsKey == nil ? defaults.format : .kms)
        guard scope == nil || format != .nacl else {
            throw SecretaryError(.usage, "a scope needs the format hpke or kms, not nacl", hint: "add --format hpke")
        }
        switch format {
        case .nacl:
            return try NaClSealer(masterKey: keys.masterKey(defaults), configKey: keys.configKey(defaults))
        case .hpke:
            return try HPKESealer(masterKey: keys.masterKey(defaults), configKey: keys.configKey(defaults))
        case .kms:
            guard let key = keys.kmsKey else {
                throw SecretaryError(
                    .usage, "the format kms needs a key in KMS", hint: "add --kms-key-id, or set KMS_KEY_ID")
            }
            return KMSSealer(service: KMSClient(), keyID: key)
        }
    }
}

import ArgumentParser
import SecretaryCore
import SystemPackage

/// Which keys seal an envelope.
///
/// Names, variables and defaults are those of the original Secretary.
struct WriterOptions: ParsableArguments {
    @Option(
        name: .customLong("public-key"),
        help: ArgumentHelp(
            "Public key of those who read: the master key.",
            discussion: "Else $PUBLIC_KEY, else that of .secretary.yaml, else ./keys/master-public-key.pem.",
            valueName: "file"),
        completion: .file())
    var publicKey: String?

    @Option(
        name: .customLong("private-key"),
        help: ArgumentHelp(
            "Private key of those who write: the config key.",
            discussion: "Else $PRIVATE_KEY, else that of .secretary.yaml, else ./keys/config-private-key.pem.",
            valueName: "file"),
        completion: .file())
    var privateKey: String?

    @Option(
        name: .customLong("kms-key-id"),
        help: ArgumentHelp(
            "Key in AWS KMS to seal for: an id, an alias or an ARN.", discussion: "Else $KMS_KEY_ID.",
            valueName: "id"))
    var kmsKeyID: String?

    @Flag(name: .customLong("insecure-keys"), help: "Accept private key files that others can read.")
    var insecureKeys = false
}

extension WriterOptions {
    /// The id of the KMS key, when one is given: it asks for a `KMS` envelope.
    var kmsKey: String? {
        guard let id = kmsKeyID ?? ProcessEnvironment.text("KMS_KEY_ID"), !id.isEmpty else { return nil }
        return id
    }

    /// The master key to seal for.
    /// - Throws: `.noInput`, with every place that was tried; `.malformed`.
    func masterKey(_ defaults: WriterDefaults) throws(SecretaryError) -> PublicKey {
        try KeyLookup().requirePublicKey(
            "master public key", argument: publicKey, variable: "PUBLIC_KEY",
            defaultPath: defaults.masterKey ?? "keys/master-public-key.pem")
    }

    /// The config key that vouches for the writer.
    /// - Throws: `.noInput`, with every place that was tried; `.malformed`, `.denied`.
    func configKey(_ defaults: WriterDefaults) throws(SecretaryError) -> PrivateKey {
        try KeyLookup(allowInsecureFiles: insecureKeys).requirePrivateKey(
            "config private key", argument: privateKey, variable: "PRIVATE_KEY",
            defaultPath: defaults.configKey ?? "keys/config-private-key.pem")
    }
}

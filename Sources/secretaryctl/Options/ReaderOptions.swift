import ArgumentParser
import SecretaryCore

/// Which keys open envelopes, where they are asked for, and as whom: what `decrypt`, `exec` and `mount` share.
///
/// Names, variables and defaults are those of the original Secretary.
struct ReaderOptions: ParsableArguments {
    @Option(
        name: [.customLong("private-key"), .customLong("deploy-key")],
        help: ArgumentHelp(
            "Private key that opens secrets: the master key here, the deploy key with a daemon.",
            discussion: """
                Else $DEPLOY_PRIVATE_KEY, else $MASTER_PRIVATE_KEY, else ./keys/master-private-key.pem. A variable \
                holds a path, a PEM text or base64.
                """,
            valueName: "file"),
        completion: .file())
    var privateKey: String?

    @Option(
        name: .customLong("config-key"),
        help: ArgumentHelp(
            "Public key of those who may write secrets.",
            discussion: "Else $CONFIG_PUBLIC_KEY, else ./keys/config-public-key.pem.", valueName: "file"),
        completion: .file())
    var configKey: String?

    @Option(
        name: .customLong("master-key"),
        help: ArgumentHelp(
            "Public key of the daemon. Only for use with a daemon.",
            discussion: "Else $MASTER_PUBLIC_KEY, else ./keys/master-public-key.pem.", valueName: "file"),
        completion: .file())
    var masterKey: String?

    @Option(
        name: .customLong("service-key"),
        help: ArgumentHelp(
            "Private key of the service. Only for use with a daemon.", discussion: "Else $SERVICE_PRIVATE_KEY.",
            valueName: "file"),
        completion: .file())
    var serviceKey: String?

    @Option(
        name: [.customShort("s"), .customLong("secretary-url")],
        help: ArgumentHelp(
            "Daemon that opens the secrets; can be given several times, and the next is asked when one does not answer.",
            discussion:
                "Else $SECRETARY_URL, where commas stand between several. KMS secrets are opened here all the same.",
            valueName: "url"))
    var secretaryURL: [String] = []

    @Option(
        name: .customLong("secretary-ca"),
        help: ArgumentHelp(
            "Certificate authorities that vouch for the daemon. Default: those of the system.",
            discussion: "Else $SECRETARY_CA.", valueName: "file"),
        completion: .file())
    var secretaryCA: String?

    @Option(
        name: .customLong("secretary-cert"),
        help: ArgumentHelp(
            "Certificate that is shown to the daemon.", discussion: "Else $SECRETARY_CERT.", valueName: "file"),
        completion: .file())
    var secretaryCertificate: String?

    @Option(
        name: .customLong("secretary-cert-key"),
        help: ArgumentHelp(
            "Private key of that certificate.", discussion: "Else $SECRETARY_CERT_KEY.", valueName: "file"),
        completion: .file())
    var secretaryCertificateKey: String?

    @Option(
        name: [.customLong("app"), .customLong("app-id")],
        help: ArgumentHelp(
            "Read as this app: only secrets that are sealed for it, or for a path above it, open.",
            discussion: "Else $MARATHON_APP_ID. Without it every scope opens, as for the holder of the master key.",
            valueName: "path"))
    var app: String?

    @Option(
        name: .customLong("app-version"),
        help: ArgumentHelp(
            "Version of the app. Only for use with a daemon.", discussion: "Else $MARATHON_APP_VERSION.",
            valueName: "version"))
    var appVersion: String?

    @Option(
        name: .customLong("task-id"),
        help: ArgumentHelp(
            "Id of the task. Only for use with a daemon.", discussion: "Else $MESOS_TASK_ID.", valueName: "id"))
    var taskID: String?

    @Flag(name: .customLong("insecure-keys"), help: "Accept private key files that others can read.")
    var insecureKeys = false
}

extension ReaderOptions {
    /// The same options for another command, as words.
    var arguments: [String] {
        let values = [
            ("private-key", privateKey), ("config-key", configKey), ("master-key", masterKey),
            ("service-key", serviceKey), ("app", app), ("app-version", appVersion), ("task-id", taskID),
            ("secretary-ca", secretaryCA), ("secretary-cert", secretaryCertificate),
            ("secretary-cert-key", secretaryCertificateKey),
        ]
        return values.compactMap { name, value in value.map { "--\(name)=\($0)" } }
            + secretaryURL.map { "--secretary-url=\($0)" } + (insecureKeys ? ["--insecure-keys"] : [])
    }

    /// What was given, without the parser.
    var reader: Reader {
        let daemon = DaemonArguments(
            urls: secretaryURL, masterKey: masterKey, serviceKey: serviceKey, appVersion: appVersion, taskID: taskID,
            certificateAuthorities: secretaryCA, certificate: secretaryCertificate,
            certificateKey: secretaryCertificateKey)
        return Reader(
            privateKey: privateKey, configKey: configKey, daemon: daemon, app: app, insecureKeys: insecureKeys)
    }
}

/// What the command line says about the daemon; variables stand in for what it does not.
struct DaemonArguments: Sendable {
    var urls: [String] = []
    /// Files.
    var masterKey: String?
    var serviceKey: String?
    var appVersion: String?
    var taskID: String?
    /// Files, for TLS.
    var certificateAuthorities: String?
    var certificate: String?
    var certificateKey: String?
}

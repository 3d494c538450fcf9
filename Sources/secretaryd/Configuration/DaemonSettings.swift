import SecretaryCore
import SecretaryServer
import SystemPackage

/// Everything that the daemon is told: by its configuration file, its command line, and its environment.
struct DaemonSettings: Sendable {
    /// Where to listen, when systemd does not.
    var listen: [ListenAddress] = []
    var tls: TLSSettings?
    /// Whether others than this machine may connect without TLS.
    var allowsPlainHTTP = false
    /// Files with private halves of master keys, and public halves of config keys; the first is the one for new secrets.
    var masterKeys: [FilePath] = []
    var configKeys: [FilePath] = []
    /// Files with master keys that somebody has to unseal: locked keys, and sets of shares.
    var sealedKeys: [FilePath] = []
    var unsealing = UnsealSettings()
    /// Accept private key files that others can read.
    var allowsInsecureKeys = false
    var authorizer: AuthorizerSettings?
    var audit = AuditSettings()
    var limits = LimitSettings()
    var drain = DrainSettings()
    /// Where this came from; `nil` without a configuration file.
    var file: FilePath?

    /// How the daemon ends.
    struct DrainSettings: Sendable, Hashable {
        /// How long it still accepts connections, so that load balancers notice that it is not ready any more.
        var delay = Duration.zero
        /// How long clients that are connected may make one more request.
        var patience = Duration.seconds(1)
        /// How long requests that are being answered may take after that.
        var deadline = Duration.seconds(30)
    }

    init() {
        audit.sync = .record
    }
}

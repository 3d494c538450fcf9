import ArgumentParser
import Glibc
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The command line: the original's options, and where all else is written.
struct DaemonOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Read the configuration from this file.", valueName: "file"), completion: .file())
    var config: String?

    @Option(
        name: .customLong("marathon-url"),
        help: ArgumentHelp(
            "Ask the Marathon at this URL which tasks are running; several, separated by commas. [$MARATHON_URL]",
            valueName: "url"))
    var marathonURL: String?

    @Option(
        name: .customLong("config-key"),
        help: ArgumentHelp(
            "Public half of the config key. [$CONFIG_PUBLIC_KEY, keys/config-public-key.pem]", valueName: "file"),
        completion: .file())
    var configKey: String?

    @Option(
        name: .customLong("master-key"),
        help: ArgumentHelp(
            "Private half of the master key. [$MASTER_PRIVATE_KEY, keys/master-private-key.pem]", valueName: "file"),
        completion: .file())
    var masterKey: String?

    @Option(
        name: .customLong("tls-cert-file"),
        help: ArgumentHelp("Certificate for TLS, with those that lead to its CA. [$TLS_CERT_FILE]", valueName: "file"),
        completion: .file())
    var certificate: String?

    @Option(
        name: .customLong("tls-key-file"),
        help: ArgumentHelp("Private key of the certificate. [$TLS_KEY_FILE]", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Listen at this address. (default: 127.0.0.1)", valueName: "address"))
    var ip: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Listen at this port. (default: 5070)", valueName: "port"))
    var port: Int?

    @Flag(name: .customLong("plain-http"), help: "Let other machines connect without TLS.")
    var plainHTTP = false

    @Flag(name: .customLong("insecure-keys"), help: "Accept private key files that others than their owner can read.")
    var insecureKeys = false

    /// What the file says, and what the command line and the environment say instead of it.
    /// - Throws: as reading the file, and `.usage` for options that cannot be.
    func settings() throws(SecretaryError) -> DaemonSettings {
        var settings = DaemonSettings()
        if let config { settings = try DaemonSettings(reading: FilePath(config)) }
        if plainHTTP { settings.allowsPlainHTTP = true }
        if insecureKeys { settings.allowsInsecureKeys = true }
        if let masterKey { settings.masterKeys = [FilePath(masterKey)] }
        if let configKey { settings.configKeys = [FilePath(configKey)] }
        try setAddress(&settings)
        try setTLS(&settings)
        if let urls = marathonURL ?? (settings.authorizer == nil ? Self.variable("MARATHON_URL") : nil) {
            var parsed: [String] = []
            for url in urls.split(separator: ",") {
                parsed.append(try OrchestratorSettings.url(String(url.trimmingSpaces)))
            }
            settings.authorizer = .marathon(OrchestratorSettings(urls: parsed))
        }
        // An unattended daemon without a log of its own writes to that of the service manager.
        if settings.audit.isEmpty { settings.audit.standardOutput = true }
        return settings
    }

    private func setAddress(_ settings: inout DaemonSettings) throws(SecretaryError) {
        guard ip != nil || port != nil || settings.listen.isEmpty else { return }
        if let port, !(0...65535).contains(port) { throw SecretaryError(.usage, "--port takes 0 to 65535") }
        settings.listen = [try ListenAddress(ip: ip ?? "127.0.0.1", port: port ?? ListenAddress.defaultPort)]
    }

    private func setTLS(_ settings: inout DaemonSettings) throws(SecretaryError) {
        let isOpen = settings.tls == nil
        let certificate = self.certificate ?? (isOpen ? Self.variable("TLS_CERT_FILE") : nil)
        let key = self.key ?? (isOpen ? Self.variable("TLS_KEY_FILE") : nil)
        switch (certificate, key) {
        case (let certificate?, let key?):
            let files = TLSSettings(certificate: FilePath(certificate), key: FilePath(key))
            if settings.tls == nil { settings.tls = files }
            settings.tls?.certificate = files.certificate
            settings.tls?.key = files.key
        case (nil, nil): break
        default:
            throw SecretaryError(
                .usage, "TLS needs a certificate and its key", hint: "give both --tls-cert-file and --tls-key-file")
        }
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name).map({ unsafe String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " }
        return start.lastIndex { $0 != " " }.map { start[...$0] } ?? start
    }
}

import SecretaryCore
import SecretaryRemote
import SystemPackage

// The daemon that is to be asked, and what it is told and shown.
extension Reader {
    /// Whether a daemon is named.
    var asksDaemon: Bool { !daemonURLs.isEmpty }

    /// From options or `$SECRETARY_URL`.
    private var daemonURLs: [String] {
        let texts = daemon.urls.isEmpty ? [environment.text("SECRETARY_URL") ?? ""] : daemon.urls
        return texts.flatMap(DaemonSettings.urls(in:))
    }

    /// The client of the daemon.
    /// - Parameter adjust: changes its settings.
    /// - Throws: `.noInput`, `.malformed`, `.denied` for a key; `.usage` for a part of the claim that is missing, and for what
    ///   is no URL.
    func daemonClient(adjust: (inout DaemonSettings) -> Void = { _ in }) throws(SecretaryError) -> DaemonClient {
        var settings = DaemonSettings(urls: daemonURLs, claim: try claim())
        settings.http.certificateAuthorities = file(daemon.certificateAuthorities, "SECRETARY_CA")
        settings.http.clientCertificate = file(daemon.certificate, "SECRETARY_CERT")
        settings.http.clientKey = file(daemon.certificateKey, "SECRETARY_CERT_KEY")
        adjust(&settings)
        return try DaemonClient(settings, agreement: try agreement())
    }

    private func agreement() throws(SecretaryError) -> TaskAgreement {
        let lookup = KeyLookup(environment: environment, allowInsecureFiles: insecureKeys)
        let master = try lookup.requirePublicKey(
            "master public key", argument: daemon.masterKey, variable: "MASTER_PUBLIC_KEY",
            defaultPath: UsualKeyFile.masterPublicKey.path(in: keysFolder))
        let deploy = try lookup.requirePrivateKey(
            "deploy private key", argument: privateKey, variable: "DEPLOY_PRIVATE_KEY", defaultPath: nil)
        let service = try lookup.findPrivateKey(
            "service private key", argument: daemon.serviceKey, variable: "SERVICE_PRIVATE_KEY", defaultPath: nil)
        return try TaskAgreement(deploy: deploy, service: service, master: master)
    }

    private func claim() throws(SecretaryError) -> TaskClaim {
        TaskClaim(
            app: try claimed(app, "--app-id", "MARATHON_APP_ID"),
            version: try claimed(daemon.appVersion, "--app-version", "MARATHON_APP_VERSION"),
            id: try claimed(daemon.taskID, "--task-id", "MESOS_TASK_ID"))
    }

    private func claimed(_ argument: String?, _ option: String, _ variable: String) throws(SecretaryError) -> String {
        if let text = argument ?? environment.text(variable), !text.isEmpty { return text }
        throw SecretaryError(.usage, "a daemon has to be told which task asks: give \(option), or set \(variable)")
    }

    private func file(_ argument: String?, _ variable: String) -> FilePath? {
        guard let text = argument ?? environment.text(variable), !text.isEmpty else { return nil }
        return FilePath(text)
    }
}

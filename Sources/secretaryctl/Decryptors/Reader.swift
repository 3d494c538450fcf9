import SecretaryCore
import SecretaryRemote
import SystemPackage

/// Who reads secrets, and with which keys: what the command line says, then the environment, then the defaults.
struct Reader: Sendable {
    /// Files, as they were named on the command line.
    var privateKey: String?
    var configKey: String?
    var daemon = DaemonArguments()
    var app: String?
    /// Private key files that others can read are accepted.
    var insecureKeys = false
    /// Where variables are.
    var environment = KeyEnvironment.process
    /// Where keys are looked for that nothing names.
    var keysFolder: FilePath = "keys"

    /// The app that reads, from the option or `$MARATHON_APP_ID`; `nil` for the holder of the master key.
    /// - Throws: `.usage` for a path that cannot be an app's.
    func identity() throws(SecretaryError) -> AppPath? {
        guard let text = app ?? environment.text("MARATHON_APP_ID"), !text.isEmpty else { return nil }
        do {
            return try AppPath(parsing: text)
        } catch {
            let source = app == nil ? "$MARATHON_APP_ID" : "--app"
            throw SecretaryError(.usage, "\(source): \(error.message)", hint: error.hint)
        }
    }

    /// What opens envelopes: KMS those that are sealed for it, all others the daemon, if one is named, else local keys.
    ///
    /// Whatever is needed is looked up when the first envelope needs it, so that plain text needs nothing.
    func decryptor() -> any Decryptor {
        MixedDecryptor(
            kms: LazyDecryptor { LocalDecryptor(keys: KeyRing(), service: KMSClient()) },
            others: asksDaemon
                ? DaemonDecryptor(self)
                : LazyDecryptor { () throws(SecretaryError) in LocalDecryptor(keys: try keyRing()) })
    }

    /// The choke point for the one who reads: `decryptor()` behind the identity's rules.
    ///
    /// Whoever reads as an app is bound by the policy of the nearest `.secretary.yaml` for secrets without a scope; the
    /// holder of the master key is not.
    func opener() throws(SecretaryError) -> SecretOpener {
        var identity = Identity(app: try identity())
        if identity.app != nil {
            let repository = try ConfigRepository.discover(from: ".")
            identity.unscoped = repository.unscoped(for: repository.relativePath(of: "secret") ?? "secret")
        }
        return SecretOpener(decryptor: decryptor(), identity: identity) { Report.warning($0.message) }
    }

    /// The keys at hand.
    /// - Throws: `.noInput`, with every place that was tried, when one is missing; `.malformed`, `.denied`.
    func keyRing() throws(SecretaryError) -> KeyRing {
        let lookup = KeyLookup(environment: environment, allowInsecureFiles: insecureKeys)
        let config = try lookup.requirePublicKey(
            "config public key", argument: configKey, variable: "CONFIG_PUBLIC_KEY",
            defaultPath: UsualKeyFile.configPublicKey.path(in: keysFolder))
        return KeyRing(masterKeys: [try masterPrivateKey(lookup)], configKeys: [config])
    }

    /// The keys for a whole repository, whose parts may have different ones: those that options and variables name,
    /// those of its settings, and default files here or at its root.
    /// - Throws: as `keyRing()`.
    func keyRing(for repository: ConfigRepository) throws(SecretaryError) -> KeyRing {
        let lookup = KeyLookup(environment: environment, allowInsecureFiles: insecureKeys)
        var ring = try repository.keyRing(allowInsecure: insecureKeys)
        for folder in keyFolders(of: repository) {
            if let key = try findMasterKey(lookup, folder: folder) { ring.add(master: key) }
            let config = try lookup.findPublicKey(
                "config public key", argument: configKey, variable: "CONFIG_PUBLIC_KEY",
                defaultPath: UsualKeyFile.configPublicKey.path(in: folder))
            if let config { ring.add(config: config) }
        }
        return ring.masterKeys.isEmpty || ring.configKeys.isEmpty ? try keyRing() : ring
    }

    private func findMasterKey(_ lookup: KeyLookup, folder: FilePath) throws(SecretaryError) -> PrivateKey? {
        let what = "master private key"
        let deploy = try lookup.findPrivateKey(
            what, argument: privateKey, variable: "DEPLOY_PRIVATE_KEY", defaultPath: nil)
        if let deploy { return deploy }
        return try lookup.findPrivateKey(
            what, argument: nil, variable: "MASTER_PRIVATE_KEY",
            defaultPath: UsualKeyFile.masterPrivateKey.path(in: folder))
    }

    private func masterPrivateKey(_ lookup: KeyLookup) throws(SecretaryError) -> PrivateKey {
        if let key = try findMasterKey(lookup, folder: keysFolder) { return key }
        throw SecretaryError(
            .noInput,
            "no master private key: no --private-key is given, $DEPLOY_PRIVATE_KEY and $MASTER_PRIVATE_KEY are not "
                + "set, \(UsualKeyFile.masterPrivateKey.path(in: FilePath("./").pushing(keysFolder))) does not exist",
            hint: "make keys with 'secretaryctl genkeys', or set MASTER_PRIVATE_KEY to a file, a PEM text or base64")
    }
}

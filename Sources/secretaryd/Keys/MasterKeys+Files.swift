import SecretaryCore
import SystemPackage

extension KeyRing {
    /// The keys that the settings name: files, else what environment variables hold, else the original's default files.
    /// - Throws: naming what is wrong with which key, or that there is none.
    init(_ settings: DaemonSettings) throws(SecretaryError) {
        self.init()
        let lookup = KeyLookup(allowInsecureFiles: settings.allowsInsecureKeys)
        for file in settings.masterKeys {
            add(master: try KeyFiles.readPrivateKey(file, allowInsecure: settings.allowsInsecureKeys))
        }
        if settings.masterKeys.isEmpty, settings.sealedKeys.isEmpty {
            add(
                master: try lookup.requirePrivateKey(
                    "master private key", argument: nil, variable: "MASTER_PRIVATE_KEY",
                    defaultPath: "keys/master-private-key.pem"))
        }
        for file in settings.configKeys { add(config: try KeyFiles.readPublicKey(file)) }
        if settings.configKeys.isEmpty {
            add(
                config: try lookup.requirePublicKey(
                    "config public key", argument: nil, variable: "CONFIG_PUBLIC_KEY",
                    defaultPath: "keys/config-public-key.pem"))
        }
    }
}

import SecretaryCore
import SecretaryServer
import SystemPackage

extension DaemonSettings {
    /// Reads a configuration file; every key of it is described in `Documentation/daemon.md`.
    ///
    /// Names of files are relative to the folder that it is in.
    /// - Throws: `.noInput`, and `.configuration`, `FILE:LINE:COLUMN: what`.
    init(reading path: FilePath) throws(SecretaryError) {
        self.init()
        let folder = path.removingLastComponent()
        let file = try SettingsFile.read(
            path,
            keys: [
                "version", "listen", "plain-http", "tls", "keys", "unseal", "authorizer", "audit", "limits", "drain",
            ])
        self.file = path
        _ = try file.required("version", file.number("version", in: 1...1))
        listen = try file.list("listen") { text throws(SecretaryError) in try ListenAddress(parsing: text) }
        allowsPlainHTTP = try file.boolean("plain-http") ?? false
        if let section = try file.section("tls", keys: TLSSettings.keys) {
            tls = try TLSSettings(section, in: folder)
        }
        if let section = try file.section("keys", keys: ["master", "sealed", "config", "insecure"]) {
            masterKeys = try section.files("master", in: folder)
            sealedKeys = try section.files("sealed", in: folder)
            configKeys = try section.files("config", in: folder)
            allowsInsecureKeys = try section.boolean("insecure") ?? false
        }
        if let section = try file.section("unseal", keys: UnsealSettings.keys) {
            unsealing = try UnsealSettings(section, in: folder)
        }
        if let section = try file.section("authorizer", keys: AuthorizerSettings.keys) {
            authorizer = try AuthorizerSettings(section, in: folder)
        }
        if let section = try file.section("audit", keys: AuditSettings.keys) {
            audit = try AuditSettings(section, in: folder)
        }
        if let section = try file.section("limits", keys: LimitSettings.keys) {
            limits = try LimitSettings(section)
        }
        if let section = try file.section("drain", keys: ["delay", "patience", "deadline"]) {
            drain.delay = try section.duration("delay", in: .zero ... .seconds(600)) ?? drain.delay
            drain.patience = try section.duration("patience", in: .zero ... .seconds(600)) ?? drain.patience
            drain.deadline = try section.duration("deadline", in: .zero ... .seconds(3600)) ?? drain.deadline
        }
    }
}

extension AuditSettings {
    static let keys = ["file", "key", "fsync", "max-size", "syslog", "stdout", "deadline"]

    init(_ section: SettingsSection, in folder: FilePath) throws(SecretaryError) {
        self.init()
        file = try section.file("file", in: folder)
        if let key = try section.file("key", in: folder) { auditor = try KeyFiles.readPublicKey(key) }
        sync = try section.choice("fsync") ?? .record
        guard sync != .group else {
            throw section.error(
                "\(section.name).fsync is group, which only mounts have", at: section.location(of: "fsync"),
                hint: "write record: requests that come at the same time share one wait for the disk")
        }
        if let size = try section.number("max-size", in: 1...1_000_000) { maximumSize = size << 20 }
        syslog = try section.boolean("syslog") ?? false
        standardOutput = try section.boolean("stdout") ?? false
        deadline = try section.duration("deadline", in: .milliseconds(100) ... .seconds(60)) ?? deadline
    }
}

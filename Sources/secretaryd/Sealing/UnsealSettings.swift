import SecretaryCore
import SystemPackage

/// How a daemon is unsealed.
struct UnsealSettings: Sendable, Hashable {
    /// The socket for those who run the daemon.
    var socket: FilePath = "/run/secretaryd/seal.sock"
    /// Whether shares and passphrases are also taken where requests come in, by TLS.
    var isRemote = false

    static let keys = ["socket", "tls"]

    init() {}

    init(_ section: SettingsSection, in folder: FilePath) throws(SecretaryError) {
        socket = try section.file("socket", in: folder) ?? socket
        isRemote = try section.boolean("tls") ?? isRemote
    }
}

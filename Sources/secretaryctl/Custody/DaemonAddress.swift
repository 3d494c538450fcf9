import ArgumentParser
import SecretaryCore
import SecretaryRemote
import SystemPackage

/// Where the daemon listens that is to be unsealed or sealed.
struct DaemonAddress: ParsableArguments {
    @Option(
        help: ArgumentHelp("Socket of the daemon on this machine.", valueName: "path"), completion: .file())
    var socket = "/run/secretaryd/seal.sock"

    @Option(
        name: [.customShort("s"), .customLong("secretary-url")],
        help: ArgumentHelp("Of a daemon elsewhere: https://HOST:PORT.", valueName: "url"))
    var url: String?

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Certificate authorities to trust instead of the system's.", valueName: "file"),
        completion: .file())
    var certificateAuthorities: String?

    func validate() throws {
        if let url, !url.hasPrefix("https://") {
            throw ValidationError(
                "--secretary-url takes https:// only, as whoever could change what is sent could have the shares.")
        }
    }

    func client() throws(SecretaryError) -> SealClient {
        guard let url else { return try DaemonAddress.client(socket: socket) }
        var settings = DaemonAddress.settings
        settings.certificateAuthorities = certificateAuthorities.map { FilePath($0) }
        return SealClient(url: url, http: HTTPClient(settings))
    }

    /// The daemon that listens on a socket of this machine.
    static func client(socket: String) throws(SecretaryError) -> SealClient {
        let path = MountCommand.absolute(socket, in: try MountCommand.currentFolder())
        return SealClient(url: "unix://\(path)", http: HTTPClient(settings))
    }

    private static var settings: HTTPSettings {
        var settings = HTTPSettings()
        settings.userAgent = "secretaryctl"
        return settings
    }
}

import Logging
import NIOPosix
import SecretaryCore
import SecretaryServer
import SystemPackage

/// What happens before there is a second thread: everything is read, and what is not needed any more is given up.
struct DaemonStart {
    private let options: DaemonOptions
    private var settings: DaemonSettings
    private let keys: MasterKeys
    private let tls: TLSServer?
    private let sockets: [ListeningSocket]
    private let sealedKeys: [SealedKey]
    private let sealSocket: ListeningSocket?

    init(_ options: DaemonOptions) throws(SecretaryError) {
        self.options = options
        settings = try options.settings()
        settings.limits.connections = min(settings.limits.connections, DescriptorLimit.raise())
        try settings.requireAuthorizer()
        sealedKeys = try Self.sealedKeys(settings)
        keys = MasterKeys(try KeyRing(settings), isSealed: !sealedKeys.isEmpty)
        tls = try settings.tls.map { (tls) throws(SecretaryError) in try TLSServer(tls) }
        let handedOver = try ServiceManager.takeDescriptors()
        var sockets: [ListeningSocket] = []
        for (_, descriptor) in handedOver { sockets.append(try ListeningSocket(adopting: descriptor)) }
        if sockets.isEmpty {
            for address in settings.listen { sockets.append(try ListeningSocket(address)) }
        }
        for socket in sockets where !socket.isLocal && tls == nil && !settings.allowsPlainHTTP {
            throw SecretaryError(
                .configuration, "other machines can connect to \(socket.name), and there is no TLS",
                hint: "give --tls-cert-file and --tls-key-file, or --plain-http if something in front has TLS")
        }
        self.sockets = sockets
        sealSocket = sealedKeys.isEmpty ? nil : try ListeningSocket(.local(settings.unsealing.socket))
    }

    private static func sealedKeys(_ settings: DaemonSettings) throws(SecretaryError) -> [SealedKey] {
        if settings.unsealing.isRemote, settings.tls == nil {
            throw SecretaryError(
                .configuration, "unseal.tls is true, and there is no TLS",
                hint: "whoever could read what is sent could answer in the daemon's place; configure tls")
        }
        var keys: [SealedKey] = []
        for file in settings.sealedKeys { keys.append(try SealedKey(file)) }
        return keys
    }

    func run(_ signals: Signals) throws(SecretaryError) {
        try confine()
        let handler = try ErrorLog(of: "secretaryd")
        defer { handler.flush() }
        let logger = Logger(label: "secretaryd") { _ in handler }
        let daemon = try Daemon(
            settings, rereading: options, keys: keys, sealedKeys: sealedKeys, tls: tls, logger: logger)
        if let sealSocket { try daemon.listenForShares(at: sealSocket) }
        try daemon.run(at: sockets, signals: signals)
    }

    private func confine() throws(SecretaryError) {
        // The audit log makes and renames files beside its own.
        var folder = settings.audit.file?.removingLastComponent()
        if folder?.isEmpty == true { folder = "." }
        _ = try ProcessHygiene.confineServer(writableFolder: folder)
    }

    /// Reads all that the daemon would, and listens nowhere.
    static func check(_ options: DaemonOptions) throws(SecretaryError) {
        let settings = try options.settings()
        let choice = try settings.requireAuthorizer()
        _ = try sealedKeys(settings)
        _ = try KeyRing(settings)
        if let tls = settings.tls { _ = try TLSServer(tls) }
        _ = try choice.authorizer(on: NIOThreadPool(numberOfThreads: 1))
    }
}

extension DaemonSettings {
    /// - Throws: `.configuration` when nobody is named who knows the tasks.
    @discardableResult
    func requireAuthorizer() throws(SecretaryError) -> AuthorizerSettings {
        guard let authorizer else {
            throw SecretaryError(
                .configuration, "nobody is named who knows which tasks there are",
                hint: "write authorizer: {policy: policy.yml} into the configuration, or give --marathon-url")
        }
        return authorizer
    }
}

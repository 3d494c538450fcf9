import Glibc
package import Logging
import NIOCore
import NIOPosix
package import SecretaryCore
package import SecretaryServer
import SystemPackage

/// The plugin from start to end.
package struct Plugin {
    private let settings: PluginSettings
    private let socket: ListeningSocket
    private let registry: VolumeRegistry

    /// How long Docker may be kept waiting for an answer that was begun.
    private static let patience = Duration.seconds(30)

    /// Reads what volumes there are, and listens: nothing that Docker asks has to wait for a mount, unless it wants to mount.
    /// - Throws: `.cannotCreate`, `.io` or `.unavailable`, naming the folder or the socket.
    package init(_ settings: PluginSettings) throws(SecretaryError) {
        self.settings = settings
        registry = try VolumeRegistry(settings.definitions)
        socket = try Self.socket(settings)
    }

    /// The one that systemd handed over, or one made here, which only root can connect to.
    private static func socket(_ settings: PluginSettings) throws(SecretaryError) -> ListeningSocket {
        if let (_, descriptor) = try ServiceManager.takeDescriptors().first {
            return try ListeningSocket(adopting: descriptor)
        }
        try Folders.make(settings.socket.removingLastComponent(), mode: 0o755)
        let before = umask(0o177)
        defer { umask(before) }
        return try ListeningSocket(.local(settings.socket))
    }

    /// Serves until a signal comes; the mount goes on.
    package func run(_ signals: Signals, logger: Logger) throws(SecretaryError) {
        for problem in registry.problems { logger.error("\(problem.message)") }
        let threads = NIOThreadPool(numberOfThreads: 16)
        threads.start()
        let mount = VolumesMount(settings, threads: threads, logger: logger)
        let driver = VolumeDriver(registry: registry, mount: mount, threads: threads, logger: logger)
        let counts = SecretCounts()
        let server = PluginServer(
            volumes: driver, secrets: secrets(counts, logger), secretCounts: counts,
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1), logger: logger)
        let listener = try server.listen(at: socket)
        logger.notice("listening at \(socket.name), \(registry.all.count) volumes")
        ServiceManager()?.notify("READY=1")
        Task {
            do throws(SecretaryError) {
                try await mount.ensure()
            } catch {
                logger.error("\(error.message)\(error.hint.map { "; \($0)" } ?? "")")
            }
        }
        while signals.next() != .end {}
        ServiceManager()?.notify("STOPPING=1")
        try? listener.close().wait()
        server.finish(within: Self.patience)
    }

    private func secrets(_ counts: SecretCounts, _ logger: Logger) -> SecretProvider? {
        guard let socket = settings.credentials else { return nil }
        let threads = NIOThreadPool(numberOfThreads: 8)
        threads.start()
        return SecretProvider(socket, patience: .seconds(10), threads: threads, counts: counts, logger: logger)
    }
}

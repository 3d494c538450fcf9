import Logging
import NIOCore
import NIOPosix
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The parts of a running daemon, and what happens to them from the first request to the last.
final class Daemon: Sendable {
    private let settings: DaemonSettings
    private let options: DaemonOptions
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let threads: NIOThreadPool
    private let keys: MasterKeys
    private let authorizer: any Authorizer
    private let audit: AuditJournal
    private let limits: RequestLimits
    private let metrics = Metrics()
    private let context: ExchangeContext
    private let connections: Connections
    private let server: HTTPServer
    /// `nil` for a daemon that has its keys in files.
    private let sealing: SealEndpoint?

    /// Reads keys, certificates and rules, and begins the audit log.
    /// - Throws: what is wrong with one of them.
    init(
        _ settings: DaemonSettings, rereading options: DaemonOptions, keys: MasterKeys, sealedKeys: [SealedKey],
        tls: TLSServer?, logger: Logger
    ) throws(SecretaryError) {
        self.settings = settings
        self.options = options
        self.keys = keys
        self.logger = logger
        let choice = try settings.requireAuthorizer()
        threads = NIOThreadPool(numberOfThreads: 16)
        threads.start()
        authorizer = try choice.authorizer(on: threads)
        audit = try AuditJournal(settings.audit)
        group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        limits = RequestLimits(settings.limits)
        context = ExchangeContext(
            replays: ReplayGuard(window: settings.limits.clock, capacity: settings.limits.nonces), limits: limits)
        connections = Connections(limits: limits, metrics: metrics)
        if sealedKeys.isEmpty {
            sealing = nil
        } else {
            let vault = try Vault(sealedKeys) { [keys, agreements = context.agreements] given in
                keys.give(given)
                agreements.removeAll()
            }
            sealing = SealEndpoint(vault: vault, threads: threads, audit: audit, logger: logger)
        }
        let service = DecryptionService(
            keys: keys, authorizer: authorizer, audit: audit, limits: limits, metrics: metrics, context: context,
            threads: threads)
        let reports = Reports(
            keys: keys, vault: sealing?.vault, authorizer: authorizer, audit: audit, limits: limits,
            connections: connections,
            replays: context.replays, metricsSource: metrics)
        server = HTTPServer(
            group: group,
            endpoints: Endpoints(
                service: service, limits: limits, metrics: metrics, reports: reports,
                sealing: settings.unsealing.isRemote ? sealing : nil),
            connections: connections, tls: tls, logger: logger)
    }

    /// Begins to take shares and passphrases at a socket on this machine.
    func listenForShares(at socket: ListeningSocket) throws(SecretaryError) {
        guard let sealing else { return }
        try SealSocket(endpoint: sealing, group: group).listen(at: socket)
        logger.notice("sealed; secretaryctl unseal --socket \(settings.unsealing.socket)")
    }

    /// Serves until it is told to end, on threads of its own; this one takes the signals.
    /// - Returns: when everything has been answered and written down.
    func run(at sockets: [ListeningSocket], signals: Signals) throws(SecretaryError) {
        let manager = ServiceManager()
        try wait { [audit] () throws(SecretaryError) in try await audit.write([AuditRecord(.start)]) }
        for socket in sockets {
            try server.listen(at: socket)
            logger.notice("listening at \(socket.name)\(settings.tls == nil ? "" : " with TLS")")
        }
        let following = Task { [authorizer] in await authorizer.follow() }
        let watching = Task { [authorizer, logger] in await authorizer.logProblems(to: logger) }
        defer {
            following.cancel()
            watching.cancel()
        }
        manager?.notify("READY=1")
        while true {
            switch signals.next() {
            case .reload:
                manager?.notify("RELOADING=1", "MONOTONIC_USEC=\(MonotonicClock.microseconds())")
                reload()
                manager?.notify("READY=1")
            case .end:
                manager?.notify("STOPPING=1")
                return try drain()
            }
        }
    }

    // MARK: Reloading

    /// Reads everything again, and uses it for requests that come from now on; nothing changes when something is wrong.
    private func reload() {
        do throws(SecretaryError) {
            var settings = try options.settings()
            try requireSameKind(settings)
            settings.limits.connections = min(settings.limits.connections, DescriptorLimit.raise())
            let ring = try KeyRing(settings)
            let tls = try settings.tls.map { (tls) throws(SecretaryError) in try TLSServer(tls) }
            keys.replace(with: ring)
            context.agreements.removeAll()
            server.replace(tls)
            limits.replace(with: settings.limits)
            authorizer.reload()
            metrics.reloads.increment()
            logger.notice("keys, certificates, limits and rules have been read again")
        } catch {
            metrics.failedReloads.increment()
            logger.error("cannot reload, all stays as it was: \(error)")
        }
    }

    /// What would otherwise be left out of a reload in silence: the daemon would serve without keys, or without TLS.
    private func requireSameKind(_ settings: DaemonSettings) throws(SecretaryError) {
        let hint = "restart the daemon"
        guard settings.sealedKeys == self.settings.sealedKeys else {
            throw SecretaryError(.configuration, "keys.sealed cannot be changed by a reload", hint: hint)
        }
        guard (settings.tls == nil) == (self.settings.tls == nil) else {
            throw SecretaryError(.configuration, "TLS cannot be switched on or off by a reload", hint: hint)
        }
    }

    // MARK: Ending

    private func drain() throws(SecretaryError) {
        logger.notice("ending: \(connections.count) connections, \(limits.inFlight) requests")
        connections.beginDraining()
        MonotonicClock.sleep(for: settings.drain.delay)
        server.stopListening()
        connections.waitUntilNone(for: settings.drain.patience)
        connections.closeWhenIdle()
        connections.waitUntilNone(for: settings.drain.deadline)
        if connections.count > 0 { logger.warning("\(connections.count) connections were still being answered") }
        connections.closeAll()
        try audit.close(AuditRecord(.stop))
    }

    /// Has this thread, which runs nothing else, wait for what others do.
    private func wait(_ body: @escaping @Sendable () async throws(SecretaryError) -> Void) throws(SecretaryError) {
        let outcome = Monitor<Result<Void, SecretaryError>?>(nil)
        Task {
            let result: Result<Void, SecretaryError>
            do throws(SecretaryError) {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            outcome.withLock { $0 = result }
            outcome.notify()
        }
        try outcome.wait { $0 }?.get()
    }
}

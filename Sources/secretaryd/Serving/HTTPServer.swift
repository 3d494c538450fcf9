import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
import NIOSSL
import SecretaryCore
import SecretaryServer
import Synchronization
import SystemPackage

/// Accepts connections and has their requests answered.
final class HTTPServer: Sendable {
    private let group: any EventLoopGroup
    private let endpoints: Endpoints
    private let connections: Connections
    private let limits: RequestLimits
    private let metrics: Metrics
    private let logger: Logger
    private let tls: Mutex<TLSServer?>
    private let listeners = Mutex<[any Channel]>([])

    /// Heads of requests are short; the original's clients send some hundred bytes.
    private static let headSize = 16 << 10

    init(
        group: any EventLoopGroup, endpoints: Endpoints, connections: Connections, tls: TLSServer?, logger: Logger
    ) {
        self.group = group
        self.endpoints = endpoints
        self.connections = connections
        self.limits = endpoints.limits
        self.metrics = endpoints.metrics
        self.tls = Mutex(tls)
        self.logger = logger
    }

    /// The certificate for connections that come from now on.
    func replace(_ server: TLSServer?) {
        tls.withLock { $0 = server }
    }

    /// Begins to accept connections.
    func listen(at socket: ListeningSocket) throws(SecretaryError) {
        let bootstrap = ServerBootstrap(group: group)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in self.setUp(channel) }
        do {
            let listener = try bootstrap.withBoundSocket(socket.descriptor.rawValue).wait()
            listeners.withLock { $0.append(listener) }
        } catch {
            throw SecretaryError(.unavailable, "cannot listen at \(socket.name): \(error)")
        }
    }

    /// Accepts no more connections.
    func stopListening() {
        for listener in listeners.withLock({ $0 }) { try? listener.close().wait() }
    }

    private func setUp(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard connections.admit(channel) else { return channel.close() }
        return channel.eventLoop.makeCompletedFuture {
            if let tls = tls.withLock({ $0 }) { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
        }.flatMap { [http, logger] in
            http.setup(channel: channel, logger: logger).map { value in
                Task { await http.handle(value: value, logger: logger) }
            }
        }
    }

    private var http: HTTP1Channel {
        HTTP1Channel(
            responder: { [self] request, writer, channel in
                let answer = try await endpoints.answer(request, from: Self.remote(channel))
                let body = ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
                try await writer.write(response: answer.head(isLast: connections.isDraining), body: body)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionDeadlines(self.limits.settings, self.metrics)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.headSize, maxHeaderListSize: Self.headSize, maxHeaderFieldCount: 100)))
    }

    private static func remote(_ channel: any Channel) -> String? {
        channel.remoteAddress?.ipAddress ?? (channel.remoteAddress == nil ? nil : "unix")
    }
}

import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The HTTP that Docker speaks on the plugin's socket.
final class PluginServer: Sendable {
    private let volumes: VolumeDriver
    /// `nil` where a swarm is given no secrets.
    private let secrets: SecretProvider?
    private let secretCounts: SecretCounts
    private let group: any EventLoopGroup
    private let logger: Logger
    private let inFlight = Monitor(0)

    /// Requests are names and options.
    private static let bodyLimit = 1 << 20

    init(
        volumes: VolumeDriver, secrets: SecretProvider?, secretCounts: SecretCounts, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.volumes = volumes
        self.secrets = secrets
        self.secretCounts = secretCounts
        self.group = group
        self.logger = logger
    }

    /// Begins to accept connections.
    /// - Throws: `.unavailable`, naming the socket.
    func listen(at socket: ListeningSocket) throws(SecretaryError) -> any Channel {
        let http = HTTP1Channel(responder: { [self] request, writer, channel in
            inFlight.withLock { $0 += 1 }
            defer {
                inFlight.withLock { $0 -= 1 }
                inFlight.notify()
            }
            let answer = await answer(request)
            do {
                try await writer.write(response: answer.head, body: ResponseBody(byteBuffer: answer.body))
            } catch {
                SentBytes.zero(answer.body)
                throw error
            }
        })
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { [logger] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(SentBytes())
            }.flatMap {
                http.setup(channel: channel, logger: logger)
            }.map { value in
                Task { await http.handle(value: value, logger: logger) }
            }
        }
        do {
            return try bootstrap.withBoundSocket(socket.descriptor.rawValue).wait()
        } catch {
            throw SecretaryError(.unavailable, "cannot listen at \(socket.name): \(error)")
        }
    }

    /// Waits until what was asked is answered, or the time is over.
    func finish(within duration: Duration) {
        _ = inFlight.wait(for: duration) { $0 == 0 ? true : nil }
    }

    private func answer(_ request: Request) async -> PluginAnswer {
        let path = String((request.head.path ?? "").prefix { $0 != "?" })
        guard let call = PluginCall(path: path) else {
            return .failure(SecretaryError(.usage, "this plugin knows no \(path)"), status: 404)
        }
        guard request.method == (call.isPost ? .post : .get) else {
            return .failure(
                SecretaryError(.usage, "\(path) is asked for by \(call.isPost ? "POST" : "GET")"), status: 405)
        }
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            return await answer(call, Array(body.readableBytesView))
        } catch {
            return .failure(SecretaryError(.malformed, "the request is cut off or too large"), status: 400)
        }
    }

    private func answer(_ call: PluginCall, _ body: [UInt8]) async -> PluginAnswer {
        switch call {
        case .activate:
            let interfaces = ["VolumeDriver"] + (secrets == nil ? [] : ["secretprovider"])
            return PluginAnswer(.description([("Implements", .array(interfaces.map { .string($0) }))]))
        case .volume(let call): return PluginAnswer(await volumes.answer(call, body))
        case .secret:
            guard let secrets else {
                return .failure(
                    SecretaryError(
                        .unavailable, "this plugin gives a swarm no secrets",
                        hint: "start secretary-docker-plugin with --credentials SOCKET"), status: 404)
            }
            return await secrets.answer(body)
        case .metrics: return PluginAnswer(metrics: secretCounts.text)
        }
    }
}

extension PluginAnswer {
    fileprivate static func failure(_ error: SecretaryError, status: Int) -> PluginAnswer {
        PluginAnswer(.failure(error, status: status))
    }
}

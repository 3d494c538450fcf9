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
    private let driver: VolumeDriver
    private let group: any EventLoopGroup
    private let logger: Logger
    private let inFlight = Monitor(0)

    /// Requests are names and options.
    private static let bodyLimit = 1 << 20

    init(_ driver: VolumeDriver, group: any EventLoopGroup, logger: Logger) {
        self.driver = driver
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
            let reply = await answer(request)
            try await writer.write(
                response: reply.head, body: ResponseBody(byteBuffer: ByteBuffer(string: reply.body)))
        })
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { [logger] channel in
            http.setup(channel: channel, logger: logger).map { value in
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

    private func answer(_ request: Request) async -> VolumeReply {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        guard let call = VolumeCall(rawValue: String(path)) else {
            return .failure(SecretaryError(.usage, "this plugin knows no \(path)"), status: 404)
        }
        guard request.method == .post else {
            return .failure(SecretaryError(.usage, "\(path) is asked for by POST"), status: 405)
        }
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            return await driver.answer(call, Array(body.readableBytesView))
        } catch {
            return .failure(SecretaryError(.malformed, "the request is cut off or too large"), status: 400)
        }
    }
}

extension VolumeReply {
    fileprivate var head: HTTPResponse {
        var head = HTTPResponse(status: HTTPResponse.Status(code: status))
        head.headerFields[.contentType] = Self.contentType
        head.headerFields[.contentLength] = String(body.utf8.count)
        return head
    }
}

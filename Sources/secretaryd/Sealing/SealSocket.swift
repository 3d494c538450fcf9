import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The socket on this machine by which those who run the daemon unseal it, and seal it again.
///
/// The kernel says who is at the other end (`SO_PEERCRED`, unix(7)): root, or the user that the daemon runs as.
struct SealSocket: Sendable {
    let endpoint: SealEndpoint
    let group: any EventLoopGroup

    /// Begins to accept connections.
    /// - Throws: `.unavailable`, naming the socket.
    func listen(at socket: ListeningSocket) throws(SecretaryError) {
        let http = HTTP1Channel(responder: { [endpoint] request, writer, channel in
            let answer = await Self.answer(request, from: channel, endpoint)
            try await writer.write(
                response: answer.head(isLast: true), body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        })
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { [endpoint] channel in
            http.setup(channel: channel, logger: endpoint.logger).map { value in
                Task { await http.handle(value: value, logger: endpoint.logger) }
            }
        }
        do {
            _ = try bootstrap.withBoundSocket(socket.descriptor.rawValue).wait()
        } catch {
            throw SecretaryError(.unavailable, "cannot listen at \(socket.name): \(error)")
        }
    }

    private static func answer(_ request: Request, from channel: any Channel, _ endpoint: SealEndpoint) async -> Answer
    {
        guard let peer = await peer(of: channel), peer.user == 0 || peer.user == geteuid() else {
            var answer = SealEndpoint.answer(
                .failure(SecretaryError(.denied, "only root and the daemon's own user may unseal it here")))
            answer.status = 403
            return answer
        }
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        guard path.hasPrefix(SealEndpoint.path) else { return Answer.error(404, "404 page not found") }
        let process = ReaderProcess(uid: peer.user, gid: peer.group, pid: peer.process)
        return await endpoint.answer(request, path: path, from: .local(process))
    }

    /// Who had the other end when it was connected.
    ///
    /// The C function is `getsockopt`.
    private static func peer(of channel: any Channel) async -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        return try? await provider.unsafeGetSocketOption(level: .socket, name: .so_peercred).get()
    }
}

/// `struct ucred` of unix(7).
private struct PeerCredentials: Sendable {
    var process: Int32
    var user: UInt32
    var group: UInt32
}

extension NIOBSDSocket.Option {
    fileprivate static let so_peercred = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
}

internal import Glibc
package import SecretaryCore
package import SystemPackage

/// A socket that connections come in at: made here, or handed over by systemd.
package struct ListeningSocket: Sendable {
    package let descriptor: FileDescriptor
    /// As it is, not as it was asked for: with the port that the kernel chose.
    package let name: String
    /// Whether only this machine can connect to it.
    package let isLocal: Bool

    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 4096

    /// - Throws: `.usage` when the descriptor is no socket that listens.
    package init(adopting descriptor: FileDescriptor) throws(SecretaryError) {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens == 1
        else {
            throw SecretaryError(
                .usage, "the service manager handed over what is no listening socket",
                hint: "the socket unit needs ListenStream=")
        }
        self.descriptor = descriptor
        (name, isLocal) = Self.describe(descriptor)
    }

    /// Binds an address and listens.
    /// - Throws: `.unavailable`, naming the address and the system's reason.
    package init(_ address: ListenAddress) throws(SecretaryError) {
        let target = SocketAddress(address)
        let family = target.family
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(family, type, 0)
        guard socket >= 0 else { throw Self.failure("listen at \(address)") }
        do throws(SecretaryError) {
            if case .local(let path) = address { try Self.removeLeftover(path) }
            var yes: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            _ = unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, size)
            if family == AF_INET6 { _ = unsafe setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) }
            guard target.bind(socket) == 0, listen(socket, Self.backlog) == 0 else {
                throw Self.failure("listen at \(address)")
            }
        } catch {
            close(socket)
            throw error
        }
        descriptor = FileDescriptor(rawValue: socket)
        (name, isLocal) = Self.describe(descriptor)
    }

    private static func failure(_ what: String) -> SecretaryError {
        let reason = Errno(rawValue: errno)
        let hint: String? =
            switch reason {
            case .addressInUse: "another program listens there: stop it, or choose another port with --port"
            case .addressNotAvailable: "this machine does not have the address: see 'ip address'"
            case .permissionDenied: "ports below 1024 need a privilege: let systemd listen (secretaryd.socket)"
            default: nil
            }
        return SecretaryError(.unavailable, "cannot \(what): \(reason)", hint: hint)
    }

    /// Removes a socket that nobody listens at any more.
    private static func removeLeftover(_ path: FilePath) throws(SecretaryError) {
        var status = stat()
        guard unsafe lstat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        let probe = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        if SocketAddress(.local(path)).connect(probe) == 0 {
            throw SecretaryError(.unavailable, "another program listens at \(path)")
        }
        _ = unsafe unlink(path.string)
    }

    private static func describe(_ descriptor: FileDescriptor) -> (String, isLocal: Bool) {
        guard let address = SocketAddress(of: descriptor.rawValue) else { return ("a socket", false) }
        return (address.description, address.isLocal)
    }
}

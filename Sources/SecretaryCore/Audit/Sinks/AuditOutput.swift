internal import Glibc
internal import SystemPackage

/// Where a stream sink writes to.
protocol AuditOutput: AnyObject {
    /// - Throws: `.io` when the line is not taken in time.
    func write(_ line: [UInt8], within deadline: Duration) throws(SecretaryError)
}

extension AuditOutput {
    /// Waits until a descriptor takes something.
    func waitUntilWritable(_ descriptor: Int32, until limit: ContinuousClock.Instant) throws(SecretaryError) {
        let left = ContinuousClock.now.duration(to: limit).components
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let milliseconds = Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
        let count = unsafe poll(&polled, 1, milliseconds)
        guard count > 0 else {
            throw SecretaryError(.io, count == 0 ? "nobody reads what is written there" : "\(Errno(rawValue: errno))")
        }
    }
}

/// Standard output.
///
/// It may be shared with other programs, so that it stays as blocking as it is.
final class StandardOutput: AuditOutput {
    /// So much a pipe that is ready takes without blocking (`PIPE_BUF`).
    private static let portion = 4096

    func write(_ line: [UInt8], within deadline: Duration) throws(SecretaryError) {
        let limit = ContinuousClock.now + deadline
        var rest = line[...]
        while !rest.isEmpty {
            do throws(SecretaryError) {
                try waitUntilWritable(STDOUT_FILENO, until: limit)
            } catch {
                throw error.prefixed("cannot write to standard output")
            }
            let count = unsafe rest.prefix(Self.portion).withUnsafeBytes {
                unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw SecretaryError(.io, "cannot write to standard output: \(Errno(rawValue: errno))")
            }
            rest = rest.dropFirst(count)
        }
    }
}

/// The system's log (`syslog(3)`), which journald keeps, too.
///
/// A datagram for each line, without the C library's `syslog`, which blocks when nobody reads.
final class SystemLog: AuditOutput {
    private var socket: Int32 = -1
    private let head: [UInt8]
    private let path: FilePath

    init(_ path: FilePath = "/dev/log") {
        self.path = path
        // Facility authpriv, severity notice.
        head = Array("<85>secretary[\(getpid())]: ".utf8)
    }

    deinit {
        if socket >= 0 { close(socket) }
    }

    func write(_ line: [UInt8], within deadline: Duration) throws(SecretaryError) {
        let limit = ContinuousClock.now + deadline
        let message = head + line.dropLast()
        while true {
            try connect()
            let count = unsafe send(socket, message, message.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            if count == message.count { return }
            let reason = Errno(rawValue: errno)
            switch reason {
            case .interrupted: continue
            case .resourceTemporarilyUnavailable:
                do throws(SecretaryError) {
                    try waitUntilWritable(socket, until: limit)
                } catch {
                    throw error.prefixed("cannot write to \(path)")
                }
            default:
                // Its reader may have been started anew: the next line is sent on a new connection.
                close(socket)
                socket = -1
                throw SecretaryError(.io, "cannot write to \(path): \(reason)")
            }
        }
    }

    private func connect() throws(SecretaryError) {
        guard socket < 0 else { return }
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.string.utf8)
        guard name.count < 108 else { throw SecretaryError(.io, "the path \(path) is too long for a socket") }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let status = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(socket, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status != 0 {
            let reason = Errno(rawValue: errno)
            close(socket)
            socket = -1
            throw SecretaryError(.io, "cannot write to \(path): \(reason)")
        }
    }
}

internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A connection without TLS on which nothing waits beyond a deadline.
struct PlainSocket: ~Copyable {
    private let descriptor: FileDescriptor
    private let host: String
    private let timeout: Duration
    private let deadline: ContinuousClock.Instant

    private init(_ descriptor: FileDescriptor, host: String, timeout: Duration) {
        self.descriptor = descriptor
        self.host = host
        self.timeout = timeout
        deadline = .now + timeout
    }

    /// - Parameter host: what messages call the server.
    /// - Returns: `nil` when nobody listens there.
    /// - Throws: `.timedOut`.
    static func connect(to place: PlainPlace, host: String, timeout: Duration) throws(SecretaryError) -> PlainSocket? {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = socket(place.family, type, 0)
        guard number >= 0 else { return nil }
        let connection = PlainSocket(FileDescriptor(rawValue: number), host: host, timeout: timeout)
        if unsafe place.withAddress({ unsafe Glibc.connect(number, $0, $1) }) == 0 { return connection }
        guard errno == EINPROGRESS else { return nil }
        try connection.wait(for: Int16(POLLOUT))
        var reason: Int32 = 0
        var count = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &reason, &count) == 0, reason == 0 else { return nil }
        return connection
    }

    deinit {
        try? descriptor.close()
    }

    /// Sends all of `bytes`.
    /// - Throws: `.timedOut`, `.unavailable`.
    func send(_ bytes: [UInt8]) throws(SecretaryError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                let flags = Int32(MSG_NOSIGNAL)
                return unsafe Glibc.send(descriptor.rawValue, rest.baseAddress, rest.count, flags)
            }
            if count > 0 { sent += count } else { try pass(errno, waitingFor: Int16(POLLOUT)) }
        }
    }

    /// - Returns: the number of bytes received; 0 at the end.
    /// - Throws: `.timedOut`, `.unavailable`.
    func receive(into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Int {
        while true {
            let count = unsafe recv(descriptor.rawValue, target.baseAddress, target.count, 0)
            if count >= 0 { return count }
            try pass(errno, waitingFor: Int16(POLLIN))
        }
    }

    /// Waits when there is nothing to do but to wait.
    private func pass(_ reason: Int32, waitingFor events: Int16) throws(SecretaryError) {
        switch reason {
        case EINTR: return
        case EAGAIN: try wait(for: events)
        default: throw .brokenOff(by: host)
        }
    }

    private func wait(for events: Int16) throws(SecretaryError) {
        while true {
            let (seconds, attoseconds) = (deadline - .now).components
            let left = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            guard left > 0 else { throw .noAnswer(from: host, within: timeout) }
            var polled = pollfd(fd: descriptor.rawValue, events: events, revents: 0)
            if unsafe poll(&polled, 1, left) > 0 { return }
        }
    }
}

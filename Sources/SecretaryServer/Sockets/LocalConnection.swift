internal import Glibc
package import SecretaryCore
package import SystemPackage

/// A connection to a Unix socket of this machine, closed when it goes.
package struct LocalConnection: ~Copyable {
    private let path: FilePath
    private let descriptor: FileDescriptor
    private let patience: Duration

    /// - Parameter patience: how long connecting, and each piece that is sent or received, may take.
    /// - Throws: `.unavailable` or `.timedOut`, naming the socket; `.usage` when there can be no socket of that name.
    package init(to path: FilePath, patience: Duration) throws(SecretaryError) {
        let descriptor = try Self.connect(to: path, patience)
        self.descriptor = descriptor
        self.path = path
        self.patience = patience
    }

    private static func connect(to path: FilePath, _ patience: Duration) throws(SecretaryError) -> FileDescriptor {
        guard path.string.utf8.count < 108 else {
            throw SecretaryError(.usage, "\(path) is too long for a socket", hint: "at most 107 bytes are possible")
        }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else {
            throw SecretaryError(.system, "cannot make a socket: \(Errno(rawValue: errno))")
        }
        FileDescriptor(rawValue: socket).limitWaiting(to: patience)
        guard SocketAddress(.local(path)).connect(socket) == 0 else {
            defer { close(socket) }
            throw failure(Errno(rawValue: errno), at: path, patience)
        }
        return FileDescriptor(rawValue: socket)
    }

    deinit { try? descriptor.close() }

    /// Sends something, and says that nothing more comes.
    /// - Throws: `.unavailable` or `.timedOut`, naming the socket.
    package func send(_ bytes: [UInt8]) throws(SecretaryError) {
        do {
            try descriptor.writeAll(bytes)
        } catch {
            throw Self.failure(error as? Errno ?? .ioError, at: path, patience)
        }
        shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }

    /// All that comes until the other end closes the connection.
    /// - Throws: `.malformed` when it is more than `limit` bytes; `.unavailable` or `.timedOut`, naming the socket.
    package func receive(upTo limit: Int) throws(SecretaryError) -> SecretBytes {
        let begun = ContinuousClock.now
        do throws(SecretaryError) {
            return try SecretBytes(readingAll: descriptor, limit: limit)
        } catch {
            guard error.code == .io else { throw error.prefixed("\(path)") }
            let isLate = ContinuousClock.now - begun >= patience
            throw Self.failure(isLate ? .wouldBlock : .connectionReset, at: path, patience)
        }
    }

    private static func failure(_ reason: Errno, at path: FilePath, _ patience: Duration) -> SecretaryError {
        // What the kernel says when such a limit is over; to who connects, too (socket(7), connect(2)).
        reason == .wouldBlock || reason == .nowInProgress
            ? SecretaryError(.timedOut, "\(path) does not answer within \(patience)")
            : SecretaryError(.unavailable, "cannot ask at \(path): \(reason)")
    }
}

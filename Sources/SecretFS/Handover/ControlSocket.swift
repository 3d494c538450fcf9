internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// The line between the supervisor and one worker: messages with descriptors (`SOCK_SEQPACKET`, unix(7)).
struct ControlSocket: Sendable {
    enum Kind: UInt8 {
        // To the worker.

        /// Who it is, and the memory of the mount: read the keys and the source, and say `prepared`.
        case prepare = 1
        /// The connection with the kernel: serve it, and say `serving`.
        case serve
        /// Serve no more, zero everything, and end.
        case end

        // From the worker.

        /// It could serve.
        case prepared
        /// It serves.
        case serving
        /// It cannot go on; the text says why.
        case failed
        /// The mount is gone.
        case unmounted
    }

    struct Message {
        var kind: Kind
        var text: String = ""
        var descriptors: [FileDescriptor] = []
    }

    let descriptor: FileDescriptor

    /// Two ends of a line, both closed on exec.
    /// - Throws: `.system` when there are no more descriptors.
    static func pair() throws(SecretaryError) -> (ControlSocket, ControlSocket) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw SecretaryError(.system, "cannot make a socket: \(Errno(rawValue: errno))")
        }
        return (
            ControlSocket(descriptor: FileDescriptor(rawValue: ends[0])),
            ControlSocket(descriptor: FileDescriptor(rawValue: ends[1]))
        )
    }

    /// - Returns: `false` when the other side is gone.
    @discardableResult
    func send(_ kind: Kind, _ text: String = "", _ descriptors: [FileDescriptor] = []) -> Bool {
        let bytes = [kind.rawValue] + Array(text.utf8).prefix(Self.maximumCount - 1)
        let numbers = descriptors.map(\.rawValue)
        return unsafe clinux_send(descriptor.rawValue, bytes, bytes.count, numbers, numbers.count) == bytes.count
    }

    /// What came of looking for a message.
    enum Receipt {
        case message(Message)
        /// Nothing there yet.
        case nothing
        /// The other side is gone.
        case closed
    }

    /// The next message.
    /// - Parameter waiting: whether to wait for one.
    func receive(waiting: Bool) -> Receipt {
        var bytes = [UInt8](repeating: 0, count: Self.maximumCount)
        var numbers = [Int32](repeating: -1, count: Int(CLINUX_MAXIMUM_DESCRIPTORS))
        var number = 0
        var count: Int
        repeat {
            number = numbers.count
            count = unsafe clinux_receive(descriptor.rawValue, &bytes, bytes.count, &numbers, &number, waiting ? 1 : 0)
        } while count < 0 && errno == EINTR
        if count < 0, errno == EAGAIN { return .nothing }
        guard count > 0, let kind = Kind(rawValue: bytes[0]) else { return .closed }
        let message = Message(
            kind: kind, text: String(decoding: bytes[1..<count], as: UTF8.self),
            descriptors: numbers[..<number].map(FileDescriptor.init(rawValue:)))
        return .message(message)
    }

    /// Waits for a message of this kind.
    /// - Returns: `nil` when another came, or the other side is gone.
    func receive(_ kind: Kind) -> Message? {
        guard case .message(let message) = receive(waiting: true), message.kind == kind else { return nil }
        return message
    }

    private static let maximumCount = 4096
}

internal import CFuse3
internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// libfuse's side of a connection with the kernel: requests in, answers and notifications out.
///
/// The connection itself was made by `KernelMount` and outlives this session: the kernel's first message (`FUSE_INIT`),
/// by which both sides learn what the other can do, is answered only once, and fed again to each later session.
@safe final class KernelSession: Sendable {
    /// What libfuse hands to each callback.
    final class Context: Sendable {
        let filesystem: Filesystem
        let journal: RequestJournal
        /// The number of the first message; its answer has been sent before.
        let greeting: UInt64
        /// Whether the journal has to tell a successor what was not answered: else the kernel does.
        let needsJournal: Bool

        init(filesystem: Filesystem, journal: RequestJournal, greeting: UInt64, needsJournal: Bool) {
            self.filesystem = filesystem
            self.journal = journal
            self.greeting = greeting
            self.needsJournal = needsJournal
        }
    }

    private let session: SessionPointer
    private let connection: FileDescriptor
    private let context: Context
    private let channel: KernelChannel

    /// - Parameters:
    ///   - connection: an open `/dev/fuse`; belongs to the session from then on.
    ///   - greeting: the kernel's first message on it.
    ///   - channel: gets connected to the session for as long as it lives.
    /// - Throws: `.mount` with libfuse's own words.
    init(
        serving filesystem: Filesystem, on connection: FileDescriptor, greeting: [UInt8], journal: RequestJournal,
        channel: KernelChannel
    ) throws(SecretaryError) {
        let header = unsafe greeting.withUnsafeBytes { unsafe $0.load(as: fuse_in_header.self) }
        self.context = Context(
            filesystem: filesystem, journal: journal, greeting: header.unique,
            needsJournal: !Self.kernelResends || !Self.offersResending(greeting))
        self.session = try unsafe Self.makeSession(userData: Unmanaged.passUnretained(context).toOpaque())
        self.connection = connection
        self.channel = channel
        var transfer = fuse_custom_io()
        unsafe transfer.writev = { descriptor, parts, count, context in
            unsafe KernelSession.send(descriptor, parts, count, context)
        }
        // Required by libfuse, which then never reads by itself.
        unsafe transfer.read = { descriptor, buffer, count, _ in unsafe Glibc.read(descriptor, buffer, count) }
        let status = unsafe fuse_session_custom_io(session.value, &transfer, connection.rawValue)
        guard status == 0 else {
            unsafe fuse_session_destroy(session.value)
            throw SecretaryError(.mount, "cannot take over the FUSE session: \(Errno(rawValue: abs(status)))")
        }
        channel.connect(session)
        unsafe greeting.withUnsafeBytes { unsafe process($0) }
    }

    deinit {
        channel.connect(nil)
        // Closes the connection, too.
        unsafe fuse_session_destroy(session.value)
    }

    /// A libfuse session without a connection.
    static func makeSession(
        options: [String] = [], userData: UnsafeMutableRawPointer?
    ) throws(SecretaryError) -> SessionPointer {
        FuseLog.install()
        var operations = Callbacks.operations()
        let words = ["secretfs"] + (options.isEmpty ? [] : ["-o", options.joined(separator: ",")])
        let session = unsafe withArguments(words) { arguments in
            unsafe fuse_session_new(&arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size, userData)
        }
        guard let session = unsafe session else {
            throw SecretaryError(.mount, "cannot start a FUSE session: \(FuseLog.last)")
        }
        return unsafe SessionPointer(value: session)
    }

    // MARK: Requests

    /// What came of waiting for a request.
    enum Arrival {
        case request
        /// Nothing to do: the wait was interrupted, or whoever asked is gone.
        case nothing
        /// The mount is gone.
        case unmounted
    }

    /// Waits for the next request and reads it into `buffer`.
    /// - Throws: `.mount` when the connection is broken.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Arrival {
        guard unsafe read(connection.rawValue, buffer.baseAddress, buffer.count) < 0 else { return .request }
        switch errno {
        case EINTR, EAGAIN, ENOENT: return .nothing
        case ENODEV: return .unmounted
        default:
            throw SecretaryError(.mount, "the connection to the kernel broke: \(Errno(rawValue: errno))")
        }
    }

    /// Whether a request is there that nobody has taken.
    var hasRequest: Bool {
        var polled = pollfd(fd: connection.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&polled, 1, 0) > 0
    }

    /// Does what the kernel asks for, by the callbacks; most requests are answered when this returns.
    func process(_ request: UnsafeRawBufferPointer) {
        var buffer = unsafe fuse_buf()
        unsafe buffer.mem = UnsafeMutableRawPointer(mutating: request.baseAddress)
        unsafe buffer.size = request.count
        unsafe fuse_session_process_buf(session.value, &buffer)
    }

    /// Takes over what a server that is gone owes the kernel.
    ///
    /// The kernel sends it again, if it can (`FUSE_NOTIFY_RESEND`, Linux 6.9); else the journal has it.
    /// - Returns: slots of the journal whose requests are to be done.
    func takeOver(_ journal: RequestJournal) -> [Int] {
        guard Self.requestResending(on: connection) else { return journal.unanswered }
        for slot in journal.unanswered { journal.clear(slot) }
        return []
    }

    /// Has the kernel send again what was taken from it and not answered.
    /// - Returns: `false` on a kernel that cannot.
    @discardableResult
    static func requestResending(on connection: FileDescriptor) -> Bool {
        guard kernelResends else { return false }
        let resend: Int32 = 7
        var message = fuse_out_header(len: UInt32(MemoryLayout<fuse_out_header>.size), error: resend, unique: 0)
        let count = MemoryLayout<fuse_out_header>.size
        return unsafe write(connection.rawValue, &message, count) == count
    }

    /// Whether requests that have no answer must stay in the journal.
    var needsJournal: Bool { context.needsJournal }

    /// Whether the kernel says in its first message that it can send again (`FUSE_HAS_RESEND`, bit 39 of its flags).
    private static func offersResending(_ greeting: [UInt8]) -> Bool {
        let flags = MemoryLayout<fuse_in_header>.size + 12
        guard greeting.count >= flags + 8 else { return false }
        return unsafe greeting.withUnsafeBytes { bytes in
            let low = unsafe bytes.loadUnaligned(fromByteOffset: flags, as: UInt32.self)
            let high = unsafe bytes.loadUnaligned(fromByteOffset: flags + 4, as: UInt32.self)
            // FUSE_INIT_EXT: there are more than 32 flags.
            return low & 1 << 30 != 0 && high & 1 << 7 != 0
        }
    }

    /// Whether the kernel's way is used where there is one.
    ///
    /// The variable is for tests of the other way on kernels that would not need it.
    static let kernelResends = unsafe getenv("SECRETARY_WITHOUT_RESEND") == nil

    /// Sends an answer or a notification of libfuse's to the kernel.
    private static func send(
        _ descriptor: Int32, _ parts: UnsafeMutablePointer<iovec>?, _ count: Int32,
        _ context: UnsafeMutableRawPointer?
    ) -> Int {
        guard let context = unsafe context, let parts = unsafe parts else { return -Int(EINVAL) }
        let session = unsafe Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
        let unique = unsafe parts.pointee.iov_base.load(as: fuse_out_header.self).unique
        if unique == session.greeting {
            return unsafe UnsafeBufferPointer(start: parts, count: Int(count)).reduce(0) { unsafe $0 + $1.iov_len }
        }
        let sent = unsafe writev(descriptor, parts, count)
        // Whatever became of it, the kernel waits no longer.
        if unique != 0, session.needsJournal { session.journal.clear(answered: unique) }
        return sent
    }
}

/// Lends `words` as libfuse's arguments.
private func withArguments<Result>(_ words: [String], _ body: (inout fuse_args) -> Result) -> Result {
    var arguments = unsafe fuse_args()
    for word in words { unsafe fuse_opt_add_arg(&arguments, word) }
    defer { unsafe fuse_opt_free_args(&arguments) }
    return unsafe body(&arguments)
}

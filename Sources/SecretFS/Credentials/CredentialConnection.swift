internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A connection by which somebody gets one secret.
///
/// Closed when it goes.
struct CredentialConnection: ~Copyable {
    private let socket: FileDescriptor
    let peer: Caller
    /// Whether the other end has given itself a name, by which systemd says what it wants.
    let isNamed: Bool
    /// `nil` when the other end does not say it as systemd does.
    let request: CredentialRequest?

    /// - Parameter deadline: how long the other end may take to read, or to write.
    /// - Returns: `nil` when it is gone.
    init?(_ socket: FileDescriptor, deadline: Duration) {
        var peer = clinux_peer()
        guard unsafe clinux_get_peer(socket.rawValue, &peer) == 0 else {
            try? socket.close()
            return nil
        }
        self.socket = socket
        self.peer = Caller(uid: peer.uid, gid: peer.gid, thread: peer.pid)
        let count = peer.name_count
        isNamed = count > 0
        request = unsafe withUnsafeBytes(of: &peer.name) { unsafe CredentialRequest(peer: Array($0.prefix(count))) }
        socket.limitWaiting(to: deadline)
    }

    deinit { try? socket.close() }

    /// - Throws: `.io` when the other end does not take it.
    func send(_ plaintext: borrowing SecretBytes) throws(SecretaryError) {
        try plaintext.write(to: socket)
    }

    /// Makes the unit fail.
    ///
    /// The protocol has no word for it, and an empty answer would be an empty credential; but systemd gives up when it gets more
    /// than a credential may have (`READ_FULL_FILE_FAIL_WHEN_LARGER`).
    func refuse() {
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<(2 * CredentialService.maximumUnitCount / zeros.count) {
            guard (try? socket.writeAll(zeros)) != nil else { return }
        }
    }

    // MARK: The plugin of a swarm

    /// What the other end writes, until it writes no more.
    /// - Throws: `.malformed` when that is too much, `.io` when it takes too long.
    func receive(upTo limit: Int) throws(SecretaryError) -> [UInt8] {
        do throws(SecretaryError) {
            let text = try SecretBytes(readingAll: socket, limit: limit)
            return unsafe text.withUnsafeBytes { unsafe Array($0) }
        } catch {
            guard error.code == .malformed else { throw error.prefixed("the request") }
            throw SecretaryError(.malformed, "the request is larger than \(limit >> 10) KiB")
        }
    }

    /// - Throws: `.io` when the other end does not take it.
    func send(_ head: [UInt8]) throws(SecretaryError) {
        do {
            try socket.writeAll(head)
        } catch {
            throw SecretaryError(.io, "cannot write: \(error)")
        }
    }
}

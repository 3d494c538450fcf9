internal import CFuse3
internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// A `fuse_session` that threads may share: libfuse lets any of them send notifications.
@safe struct SessionPointer: @unchecked Sendable {  // see above
    let value: OpaquePointer
}

/// Sends notifications to the kernel while a session is there to send them through.
final class KernelChannel: KernelCache {
    private let session = Mutex<SessionPointer?>(nil)

    func connect(_ session: SessionPointer?) {
        self.session.withLock { $0 = session }
    }

    /// Calls `body` without the lock: a notification may wait for a request on another thread.
    private func notify(_ body: (OpaquePointer) -> Int32) {
        guard let session = session.withLock({ $0 }) else { return }
        // An error means that the kernel does not know, or no longer knows, what it was told of.
        _ = unsafe body(session.value)
    }

    func store(_ plaintext: borrowing SecretBytes, in inode: Inode) {
        unsafe plaintext.withUnsafeBytes { bytes in
            var vector = fuse_bufvec()
            vector.count = 1
            unsafe vector.buf.size = bytes.count
            unsafe vector.buf.mem = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            unsafe vector.buf.fd = -1
            unsafe notify { session in
                unsafe fuse_lowlevel_notify_store(session, inode.rawValue, 0, &vector, FUSE_BUF_NO_SPLICE)
            }
        }
    }

    func drop(_ inode: Inode) {
        unsafe notify { unsafe fuse_lowlevel_notify_inval_inode($0, inode.rawValue, 0, 0) }
    }

    func remove(_ name: [UInt8], of inode: Inode, from parent: Inode) {
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        unsafe notify {
            unsafe fuse_lowlevel_notify_delete($0, parent.rawValue, inode.rawValue, terminated, name.count)
        }
    }

    func forget(_ name: [UInt8], in parent: Inode) {
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        unsafe notify {
            unsafe fuse_lowlevel_notify_inval_entry($0, parent.rawValue, terminated, name.count)
        }
    }
}

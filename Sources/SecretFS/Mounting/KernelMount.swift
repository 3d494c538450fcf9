internal import CFuse3
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A FUSE mount and its connection with the kernel, without anybody who serves it yet.
struct KernelMount {
    /// The open `/dev/fuse`.
    let connection: FileDescriptor
    /// The kernel's first message on it (`FUSE_INIT`), which has been answered.
    let greeting: [UInt8]

    /// Mounts at `mountpoint` and exchanges the first messages with the kernel.
    ///
    /// From then on requests wait until somebody serves them.
    /// - Parameter options: mount options, as after `-o`.
    /// - Throws: `.mount` with libfuse's or fusermount3's own words.
    init(at mountpoint: String, options: [String]) throws(SecretaryError) {
        let session = try unsafe KernelSession.makeSession(options: options, userData: nil)
        // Closes libfuse's own descriptor; the connection lives on with the copy.
        defer { unsafe fuse_session_destroy(session.value) }
        guard unsafe fuse_session_mount(session.value, mountpoint) == 0 else {
            throw SecretaryError(.mount, "cannot mount at \(mountpoint): \(FuseLog.last)")
        }
        do {
            connection = unsafe try FileDescriptor(rawValue: fuse_session_fd(session.value)).duplicateAboveStandard()
            greeting = try Self.greet(session)
        } catch {
            try? Unmounting.detach(mountpoint, lazily: true)
            throw SecretaryError(.mount, "the kernel does not greet the mount at \(mountpoint): \(error)")
        }
    }

    private static func greet(_ session: SessionPointer) throws(Errno) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: RequestJournal.slotSize)
        let count = unsafe message.withUnsafeMutableBytes { bytes in
            unsafe read(fuse_session_fd(session.value), bytes.baseAddress, bytes.count)
        }
        guard count > 0 else { throw Errno(rawValue: errno) }
        message.removeSubrange(count...)
        unsafe message.withUnsafeMutableBytes { bytes in
            var buffer = unsafe fuse_buf()
            unsafe buffer.mem = bytes.baseAddress
            unsafe buffer.size = bytes.count
            unsafe fuse_session_process_buf(session.value, &buffer)
        }
        return message
    }
}

internal import CFuse3
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A request of the kernel, answered exactly once: answering consumes it, and one that ends unanswered says `EIO`.
@safe struct Request: ~Copyable, @unchecked Sendable {  // libfuse lets any thread answer
    private let request: fuse_req_t

    init(_ request: fuse_req_t) {
        unsafe self.request = unsafe request
    }

    deinit {
        _ = unsafe fuse_reply_err(request, EIO)
    }

    consuming func fail(_ error: Errno) {
        _ = unsafe fuse_reply_err(request, error.rawValue)
        discard self
    }

    /// Done, and there is nothing to tell.
    consuming func succeed() {
        _ = unsafe fuse_reply_err(request, 0)
        discard self
    }

    /// The kernel waits for no answer (`FORGET`).
    consuming func acknowledge() {
        unsafe fuse_reply_none(request)
        discard self
    }

    /// - Returns: `false` when the kernel did not take the answer, and so has no reference to the node.
    consuming func reply(entry: inout fuse_entry_param) -> Bool {
        let status = unsafe fuse_reply_entry(request, &entry)
        discard self
        return status == 0
    }

    consuming func reply(attributes: inout stat, validFor seconds: Double) {
        _ = unsafe fuse_reply_attr(request, &attributes, seconds)
        discard self
    }

    /// - Returns: `false` when the opener is gone: no handle was made, and none will be released.
    consuming func reply(handle: inout fuse_file_info) -> Bool {
        let status = unsafe fuse_reply_open(request, &handle)
        discard self
        return status == 0
    }

    consuming func reply(bytes: UnsafeRawBufferPointer) {
        _ = unsafe fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        discard self
    }

    consuming func reply(statistics: inout statvfs) {
        _ = unsafe fuse_reply_statfs(request, &statistics)
        discard self
    }

    /// Answers a question for an extended attribute: its size when `room` is 0, as `getxattr(2)` has it.
    consuming func reply(attribute: [UInt8], room: Int) {
        if room == 0 {
            _ = unsafe fuse_reply_xattr(request, attribute.count)
        } else if attribute.count > room {
            _ = unsafe fuse_reply_err(request, ERANGE)
        } else {
            unsafe attribute.withUnsafeBytes { bytes in
                _ = unsafe fuse_reply_buf(
                    request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
            }
        }
        discard self
    }

    /// Adds an entry to a listing.
    /// - Parameter plus: with the node's attributes (`READDIRPLUS`), which counts as a look-up.
    /// - Returns: bytes it takes; it was added only when that is no more than the room there is.
    func add(
        _ name: [UInt8], _ entry: inout fuse_entry_param, cookie: UInt64, plus: Bool,
        to room: UnsafeMutableRawBufferPointer
    ) -> Int {
        let buffer = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        if plus {
            return unsafe fuse_add_direntry_plus(request, buffer, room.count, terminated, &entry, off_t(cookie))
        }
        return unsafe fuse_add_direntry(request, buffer, room.count, terminated, &entry.attr, off_t(cookie))
    }
}

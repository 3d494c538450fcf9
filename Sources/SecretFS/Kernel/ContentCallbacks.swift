internal import CFuse3
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// The operations by which content is read: their answers may come later, from other threads.
///
/// No logic lives here.
enum ContentCallbacks {
    static func set(_ operations: inout fuse_lowlevel_ops) {
        unsafe operations.open = { request, inode, handle in
            guard let request = unsafe request, var handle = unsafe handle?.pointee else { return }
            let filesystem = unsafe filesystem(of: request)
            let pending = unsafe PendingRequest(request)
            // The kernel takes this to mean that no file needs to be opened, and never asks again.
            if filesystem.policy == .resident { return pending.fail(.noFunction) }
            guard let caller = unsafe caller(of: request) else { return pending.fail(.ioError) }
            handle.fh = filesystem.workerNumber
            handle.noflush = 1
            handle.keep_cache = filesystem.policy == .strict ? 0 : 1
            handle.direct_io = filesystem.policy == .strict ? 1 : 0
            let answer = handle
            filesystem.open(Inode(rawValue: inode), by: caller, willWait: pending.awaitSignal) { result in
                switch result {
                case .success:
                    var handle = answer
                    guard let request = pending.take() else { return false }
                    filesystem.handles.open()
                    let isOpen = request.reply(handle: &handle)
                    if !isOpen { filesystem.handles.close(isOwn: true) }
                    return isOpen
                case .failure(let error):
                    pending.fail(error)
                    return false
                }
            }
        }
        unsafe operations.release = { request, inode, handle in
            let worker = unsafe handle?.pointee.fh
            unsafe serve(request) { filesystem in
                if let worker { filesystem.release(Inode(rawValue: inode), openedBy: worker) }
            } answer: { request, filesystem, _ in
                request.succeed()
                filesystem.handles.close(isOwn: worker == filesystem.workerNumber)
            }
        }
        unsafe operations.read = { request, inode, size, offset, _ in
            guard let request = unsafe request else { return }
            let filesystem = unsafe filesystem(of: request)
            let pending = unsafe PendingRequest(request)
            let inode = Inode(rawValue: inode)
            unsafe filesystem.read(inode, count: size, at: Int(offset), willWait: pending.awaitSignal) { result in
                switch unsafe result {
                // Answered while the plaintext is lent: it goes from guarded memory to the kernel without a copy.
                case .success(let bytes): unsafe pending.take()?.reply(bytes: bytes)
                case .failure(let error): pending.fail(error)
                }
            }
        }
    }
}

/// Who makes a request; every request says so.
private func caller(of request: fuse_req_t?) -> Caller? {
    guard let request = unsafe request, let context = unsafe fuse_req_ctx(request)?.pointee else { return nil }
    return Caller(uid: context.uid, gid: context.gid, thread: context.pid)
}

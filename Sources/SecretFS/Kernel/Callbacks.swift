internal import CFuse3
internal import Glibc
internal import SystemPackage

/// The operations that the kernel can ask for, each translated to `Filesystem` and its result back.
///
/// No logic lives here.
///
/// What is missing here libfuse answers with `ENOSYS`, and the kernel then does what is right for a read-only file
/// system. Operations that would write never arrive: the mount is read-only, so the kernel itself says `EROFS`.
enum Callbacks {
    static func operations() -> fuse_lowlevel_ops {
        var operations = fuse_lowlevel_ops()
        setNameOperations(&operations)
        setAttributeOperations(&operations)
        ContentCallbacks.set(&operations)
        unsafe operations.`init` = { _, connection in
            guard let connection = unsafe connection else { return }
            // libfuse would pass data through pipes, and leave plaintext in them.
            let splicing = UInt32(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE)
            unsafe connection.pointee.want &= ~splicing
            // Nobody writes; and a request then fits into a slot of the journal.
            unsafe connection.pointee.max_write = 4096
        }
        return operations
    }

    // MARK: Names

    private static func setNameOperations(_ operations: inout fuse_lowlevel_ops) {
        unsafe operations.lookup = { request, parent, name in
            let name = unsafe bytes(of: name)
            let reader = unsafe fuse_req_ctx(request)?.pointee.pid
            unsafe serve(request) { filesystem throws(Errno) in
                try filesystem.lookup(name, in: Inode(rawValue: parent), by: reader)
            } answer: { request, filesystem, found in
                var entry = fuse_entry_param(found.node, isLasting: found.isLasting)
                let arrived = request.reply(entry: &entry)
                if !arrived { filesystem.forget(found.node.inode, lookups: 1) }
            }
        }
        unsafe operations.forget = { request, inode, lookups in
            unsafe serve(request) { filesystem in
                filesystem.forget(Inode(rawValue: inode), lookups: lookups)
            } answer: { request, _, _ in
                request.acknowledge()
            }
        }
        unsafe operations.forget_multi = { request, count, forgets in
            let forgets = unsafe UnsafeBufferPointer(start: forgets, count: count)
            unsafe serve(request) { filesystem in
                unsafe forgets.forEach { forget in
                    filesystem.forget(Inode(rawValue: forget.ino), lookups: forget.nlookup)
                }
            } answer: { request, _, _ in
                request.acknowledge()
            }
        }
        unsafe operations.opendir = { request, _, handle in
            // The kernel keeps listings, and is told when one changes.
            unsafe serve(request) { _ in
            } answer: { request, _, _ in
                guard var handle = unsafe handle?.pointee else { return request.fail(.ioError) }
                handle.keep_cache = 1
                handle.cache_readdir = 1
                _ = request.reply(handle: &handle)
            }
        }
        unsafe operations.readdir = { request, inode, size, offset, _ in
            unsafe list(request, inode: inode, size: size, offset: offset, plus: false)
        }
        unsafe operations.readdirplus = { request, inode, size, offset, _ in
            unsafe list(request, inode: inode, size: size, offset: offset, plus: true)
        }
    }

    // MARK: Attributes

    private static func setAttributeOperations(_ operations: inout fuse_lowlevel_ops) {
        unsafe operations.getattr = { request, inode, _ in
            unsafe serve(request) { filesystem throws(Errno) in
                try filesystem.attributes(of: Inode(rawValue: inode))
            } answer: { request, _, node in
                var attributes = stat(node)
                request.reply(attributes: &attributes, validFor: lastingValidity)
            }
        }
        unsafe operations.getxattr = { request, inode, name, size in
            let name = unsafe String(decoding: bytes(of: name), as: UTF8.self)
            unsafe serve(request) { filesystem throws(Errno) in
                try filesystem.extendedAttribute(name, of: Inode(rawValue: inode))
            } answer: { request, _, value in
                request.reply(attribute: value, room: size)
            }
        }
        unsafe operations.listxattr = { request, inode, size in
            unsafe serve(request) { filesystem throws(Errno) in
                try filesystem.extendedAttributeNames(of: Inode(rawValue: inode))
            } answer: { request, _, names in
                request.reply(attribute: names.flatMap { Array($0.rawValue.utf8) + [0] }, room: size)
            }
        }
        unsafe operations.statfs = { request, _ in
            unsafe serve(request) { filesystem in
                filesystem.nodeCount
            } answer: { request, _, count in
                var statistics = statvfs()
                statistics.f_bsize = 4096
                statistics.f_frsize = 4096
                statistics.f_files = fsfilcnt_t(count)
                statistics.f_namemax = UInt(FileName.maximumCount)
                request.reply(statistics: &statistics)
            }
        }
    }
}

// MARK: Translation. Functions of the file, because C's function pointers cannot carry a `self`.

/// Does the work of one request and answers it: with `answer` if `work` had a result, else with the error.
func serve<Result>(
    _ raw: fuse_req_t?, _ work: (Filesystem) throws(Errno) -> Result,
    answer: (consuming Request, Filesystem, Result) -> Void
) {
    guard let raw = unsafe raw else { return }
    let filesystem = unsafe filesystem(of: raw)
    let request = unsafe Request(raw)
    let result: Result
    do throws(Errno) {
        result = try work(filesystem)
    } catch {
        return request.fail(error)
    }
    answer(request, filesystem, result)
}

/// The file system that the session was made with; it lives longer than any request.
func filesystem(of request: fuse_req_t) -> Filesystem {
    unsafe Unmanaged<KernelSession.Context>.fromOpaque(fuse_req_userdata(request)).takeUnretainedValue().filesystem
}

private func bytes(of name: UnsafePointer<CChar>?) -> [UInt8] {
    guard let name = unsafe name else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
}

/// Fills one buffer of a listing.
private func list(_ raw: fuse_req_t?, inode: fuse_ino_t, size: Int, offset: off_t, plus: Bool) {
    guard let raw = unsafe raw else { return }
    let filesystem = unsafe filesystem(of: raw)
    let request = unsafe Request(raw)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    defer { unsafe room.deallocate() }
    var used = 0
    do throws(Errno) {
        try filesystem.list(Inode(rawValue: inode), from: UInt64(offset), counted: plus) { listed in
            let node = plus ? listed.node : nil
            var entry =
                if let node { fuse_entry_param(node, isLasting: true) } else {
                    fuse_entry_param(listed)
                }
            let needed = unsafe request.add(
                listed.name, &entry, cookie: listed.cookie, plus: plus,
                to: UnsafeMutableRawBufferPointer(rebasing: room[used...]))
            guard needed <= size - used else { return false }
            used += needed
            return true
        }
    } catch {
        return request.fail(error)
    }
    unsafe request.reply(bytes: UnsafeRawBufferPointer(rebasing: room[..<used]))
}

internal import CFuse3
internal import Glibc

// How a node is told to the kernel.

/// How long the kernel may keep names and attributes, in seconds: long, because it is told of every change.
let lastingValidity: Double = 86400

extension stat {
    init(_ node: Node) {
        self.init(inode: node.inode, type: node.fileType)
        st_mode |= node.attributes.mode
        st_nlink = node.directory.map { 2 + nlink_t($0.subdirectoryCount) } ?? 1
        st_uid = node.attributes.owner
        st_gid = node.attributes.group
        st_size = off_t(node.attributes.size)
        st_blksize = 4096
        st_blocks = blkcnt_t((node.attributes.size + 511) / 512)
        let (seconds, nanoseconds) = node.attributes.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
        st_atim = time
        st_mtim = time
        st_ctim = time
    }

    /// The little that a plain listing tells.
    init(inode: Inode, type: mode_t) {
        self.init()
        st_ino = ino_t(inode.rawValue)
        st_mode = type
    }
}

extension fuse_entry_param {
    init(_ node: Node, isLasting: Bool) {
        self.init()
        ino = node.inode.rawValue
        attr = stat(node)
        attr_timeout = lastingValidity
        entry_timeout = isLasting ? lastingValidity : 0
    }

    /// An entry of a listing that is not looked up with it.
    init(_ listed: Filesystem.Listed) {
        self.init()
        attr = stat(inode: listed.inode, type: listed.type)
    }
}

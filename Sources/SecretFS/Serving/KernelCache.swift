internal import SecretaryCore

/// What the file system tells the kernel on its own account.
///
/// The kernel side of a mount, or a stand-in in tests.
///
/// A message can wait for the kernel's lock on a page or a directory, which another request may hold until it is
/// answered: never send one while holding a lock that a request needs.
protocol KernelCache: Sendable {
    /// Puts the content of a file into its page cache, where reads then find it (`FUSE_NOTIFY_STORE`).
    func store(_ plaintext: borrowing SecretBytes, in inode: Inode)
    /// Drops the pages and attributes of an inode (`FUSE_NOTIFY_INVAL_INODE`).
    func drop(_ inode: Inode)
    /// Tells that `name` is no longer `inode`; whoever watches that file gets `IN_DELETE_SELF` (`FUSE_NOTIFY_DELETE`).
    func remove(_ name: [UInt8], of inode: Inode, from parent: Inode)
    /// Forgets a directory's name without marking it deleted: it may come back (`FUSE_NOTIFY_INVAL_ENTRY`).
    func forget(_ name: [UInt8], in parent: Inode)
}

/// The number of an inode.
struct Inode: Hashable, Sendable { let rawValue: UInt64 }

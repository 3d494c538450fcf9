public import Glibc

/// What `stat` shows of a file, apart from its inode number.
public struct Attributes: Sendable, Equatable {
    /// Permission bits, without the file type.
    public var mode: mode_t
    public var owner: uid_t
    public var group: gid_t
    /// Exact size in bytes, known without decrypting.
    public var size: Int
    /// When this version was first seen, in nanoseconds since 1970.
    public var modified: Int64

    public init(mode: mode_t, owner: uid_t, group: gid_t, size: Int, modified: Int64) {
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.modified = modified
    }
}

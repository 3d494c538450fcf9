/// What `stat` shows of a file, apart from its inode number.
public struct Attributes: Sendable, Equatable {
    /// Permission bits, without the file type.
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    /// Exact size in bytes, known without decrypting.
    public var size: Int
    /// When this version was first seen, in nanoseconds since 1970.
    public var modified: Int64

    public init(mode: UInt32, owner: UInt32, group: UInt32, size: Int, modified: Int64) {
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.modified = modified
    }
}

internal import SecretaryCore

/// The number of an inode: the identity of one version of one file, or of one directory path.
///
/// A number is derived, never handed out: a directory's from its path, a file's from its path and from everything that
/// can be seen of it. So a changed value is another inode under the old name, the kernel can never mix two values
/// under one number, and a server that starts anew finds the numbers that the kernel knows already.
public struct Inode: Hashable, Sendable {
    public let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// FUSE's number for the root of a mount (`FUSE_ROOT_ID`).
    static let root = Inode(rawValue: 1)

    /// The inode of what stands at `name` in `parent`; `version` is empty for a directory.
    init(parent: Inode, name: [UInt8], version: [UInt8]) {
        var identity = unsafe withUnsafeBytes(of: parent.rawValue.littleEndian) { unsafe Array($0) }
        identity.append(contentsOf: name)
        identity.append(0)  // cannot occur in a name: no two pairs of name and version give the same bytes
        identity.append(contentsOf: version)
        let digest = BLAKE2b.hash(identity)
        var number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // 0 means "no inode" to the kernel and 1 is the root.
        if number < 2 { number += 2 }
        self.init(rawValue: number)
    }
}

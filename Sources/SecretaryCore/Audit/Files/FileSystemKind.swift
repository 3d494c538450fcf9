internal import CLinux

/// What kind of file system a file is on.
enum FileSystemKind {
    /// Numbers of statfs(2): ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, F2FS, overlayfs, ZFS, bcachefs.
    private static let local: Set<Int> = [
        0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x8584_58F6, 0xF2F5_2010, 0x794C_7630, 0x2FC1_2FC1, 0xCA45_1A4E,
    ]

    /// Whether it is on a disk or in the memory of this machine: others may hang when somebody else does.
    static func isLocal(_ descriptor: Int32) -> Bool {
        var status = statfs()
        return unsafe fstatfs(descriptor, &status) == 0 && local.contains(Int(status.f_type))
    }
}

internal import Glibc
package import SystemPackage

/// What tells whether a file is still the one that it was, and holds what it held.
package struct FileStamp: Sendable, Equatable {
    private let device: DeviceID
    private let inode: Inode
    private let size: Int64
    /// Last change of content and of anything else, in nanoseconds since 1970.
    private let modified: Int64
    let changed: Int64

    /// Times of files are at worst this coarse: what was changed a shorter time ago may change once more without another stamp.
    package static let granularity: Duration = .milliseconds(50)

    /// - Returns: `nil` when there is no such file.
    package init?(_ path: FilePath) {
        guard let status = try? Stat(path) else { return nil }
        device = status.deviceID
        inode = status.inode
        size = status.size
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    func isSameFile(as other: FileStamp) -> Bool { inode == other.inode && device == other.device }

    /// Whether at a moment, in nanoseconds since 1970, another change would have given another stamp.
    package func isReliable(at now: Int64) -> Bool {
        changed <= now && .nanoseconds(now - changed) > Self.granularity
    }

    /// A file can be of any year, and the numbers end with the year 2262: beyond 2191 and 1748 all times are the same.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let limit: Int64 = 7_000_000_000
        return min(max(Int64(time.tv_sec), -limit), limit) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

import Glibc
import SystemPackage

/// How files were at a moment, as far as it takes to notice that they have changed.
struct FileStamps: Sendable, Equatable {
    private struct Stamp: Sendable, Equatable {
        var device: UInt = 0
        var inode: UInt = 0
        var size = 0
        var seconds = 0
        var nanoseconds = 0
    }

    private(set) var files: [FilePath]
    private var stamps: [Stamp?]

    init(of files: [FilePath]) {
        self.files = files
        stamps = files.map(Self.stamp)
    }

    /// Adds a file as it is now.
    mutating func add(_ file: FilePath) {
        files.append(file)
        stamps.append(Self.stamp(file))
    }

    /// `nil` for a file that is not there.
    ///
    /// The C function is `stat`.
    private static func stamp(_ path: FilePath) -> Stamp? {
        var status = stat()
        guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0 else { return nil }
        return Stamp(
            device: status.st_dev, inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}

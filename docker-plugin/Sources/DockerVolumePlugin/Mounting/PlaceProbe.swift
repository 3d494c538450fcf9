import CLinux
import Glibc
import SystemPackage

/// Looks at a path of the mount; may take as long as the mount takes to answer.
enum PlaceProbe {
    enum Finding: Equatable, Sendable {
        /// It is in a FUSE file system that answers.
        case served
        /// It is not there, or nothing is mounted there.
        case missing
        case failed(Errno)
    }

    /// `FUSE_SUPER_MAGIC` of statfs(2).
    private static let fuse = 0x6573_5546

    /// The C function is `statfs`, which the server of the mount has to answer.
    static func look(at path: FilePath) -> Finding {
        var status = statfs()
        guard unsafe statfs(path.string, &status) == 0 else {
            let reason = Errno(rawValue: errno)
            return reason == .noSuchFileOrDirectory ? .missing : .failed(reason)
        }
        return Int(status.f_type) == fuse ? .served : .missing
    }
}

internal import Glibc
package import SystemPackage

extension FileDescriptor {
    /// Lets no call on this socket wait longer than this for the other end (`SO_SNDTIMEO`, `SO_RCVTIMEO`, socket(7)).
    package func limitWaiting(to duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            _ = unsafe setsockopt(rawValue, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}

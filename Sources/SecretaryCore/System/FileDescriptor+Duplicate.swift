internal import Glibc
package import SystemPackage

extension FileDescriptor {
    /// A copy that closes on exec, above the numbers that programs are started with.
    package func duplicateAboveStandard() throws(Errno) -> FileDescriptor {
        let copy = fcntl(rawValue, F_DUPFD_CLOEXEC, 20)
        guard copy >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: copy)
    }
}

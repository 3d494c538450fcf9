import Glibc
import SecretaryCore
import SystemPackage

/// The file of this program.
enum OwnProgram {
    /// Lets `ps` and logs call this process by its name: the kernel takes that of the file by which it was started, which is
    /// `exe` below `/proc`.
    static func nameProcess() {
        guard let name = try? FileDescriptor.open(FilePath("/proc/self/comm"), .writeOnly) else { return }
        _ = try? name.closeAfter { try name.writeAll("secretaryctl".utf8) }
    }

    /// Where it was started from; another version may be there by now.
    /// - Throws: `.system` when `/proc` is not there.
    static func path() throws(SecretaryError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return unsafe readlink("/proc/self/exe", base.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard count > 0 else {
            throw SecretaryError(.system, "cannot find this program: /proc is not mounted")
        }
        let path = String(decoding: buffer[..<count], as: UTF8.self)
        // What the kernel adds when the file has been replaced.
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }
}

import Glibc
import SecretaryCore

/// The file of this program.
enum OwnProgram {
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

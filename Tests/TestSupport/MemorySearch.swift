internal import Glibc
public import SystemPackage

/// Looks for a secret in the memory of a process, to prove that it is gone (or, as the control, that it is there).
public enum MemorySearch {
    /// A place where the bytes were found.
    public struct Hit: Sendable, Hashable, CustomStringConvertible {
        public let address: UInt
        /// The name of the memory map, such as `[heap]`, or empty.
        public let map: String
        public var description: String { "0x\(String(address, radix: 16)) \(map)" }
    }

    /// Every place in the readable memory of process `pid` where `needle` is; root may search any process.
    ///
    /// Guarded memory of libsodium that is not open (`PROT_NONE`) is searched as well: `/proc/PID/mem` ignores
    /// protections for a privileged reader, as an attacker with that privilege would.
    public static func search(pid: Int32, for needle: [UInt8]) throws -> [Hit] {
        precondition(needle.count >= 8, "a short needle is found by chance")
        let maps = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/maps")), as: UTF8.self)
        let memory = try FileDescriptor.open(FilePath("/proc/\(pid)/mem"), .readOnly, options: [.closeOnExec])
        defer { try? memory.close() }
        var hits: [Hit] = []
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let bounds = fields[0].split(separator: "-")
            guard bounds.count == 2, let start = UInt(bounds[0], radix: 16), let end = UInt(bounds[1], radix: 16) else {
                continue
            }
            let name = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
            // Neither can hold data of the process; reading the first fails, the second is the kernel's.
            if name == "[vvar]" || name == "[vsyscall]" || name.hasPrefix("[vvar") { continue }
            hits += try search(memory, from: start, to: end, for: needle).map { Hit(address: $0, map: name) }
        }
        return hits
    }

    /// Whether `needle` is anywhere in a file, such as a core dump.
    public static func contains(_ file: FilePath, _ needle: [UInt8]) throws -> Bool {
        let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
        defer { try? descriptor.close() }
        let size = try descriptor.seek(offset: 0, from: .end)
        return try !search(descriptor, from: 0, to: UInt(size), for: needle).isEmpty
    }

    private static func search(_ source: FileDescriptor, from start: UInt, to end: UInt, for needle: [UInt8]) throws
        -> [UInt]
    {
        let chunk = 4 << 20
        var found: [UInt] = []
        var buffer = [UInt8](repeating: 0, count: chunk + needle.count - 1)
        var position = start
        var kept = 0  // bytes at the buffer's start that were before `position`
        while position < end {
            let wanted = min(chunk, Int(end - position))
            let received = try unsafe buffer.withUnsafeMutableBytes { bytes in
                let count = unsafe pread(
                    source.rawValue, bytes.baseAddress?.advanced(by: kept), wanted, off_t(truncatingIfNeeded: position))
                // A page that cannot be read (never touched, or a device): nothing to find there.
                if count < 0 && errno != EIO && errno != EFAULT { throw Errno(rawValue: errno) }
                return count
            }
            if received <= 0 {
                position += 4096
                kept = 0
                continue
            }
            let valid = kept + received
            let base = position - UInt(kept)
            unsafe buffer.withUnsafeBytes { bytes in
                guard let origin = bytes.baseAddress else { return }
                var offset = 0
                while offset + needle.count <= valid,
                    let match = unsafe memchr(
                        origin + offset, Int32(needle[0]), valid - offset - needle.count + 1)
                {
                    let at = unsafe UnsafeRawPointer(match) - origin
                    if unsafe memcmp(match, needle, needle.count) == 0 { found.append(base + UInt(at)) }
                    offset = at + 1
                }
            }
            position += UInt(received)
            kept = min(needle.count - 1, valid)
            unsafe buffer.withUnsafeMutableBytes { bytes in
                guard let origin = bytes.baseAddress else { return }
                unsafe memmove(origin, origin + (valid - kept), kept)
            }
        }
        // The overlap may report a match twice only if it lay wholly inside it, which its length excludes.
        return found
    }
}

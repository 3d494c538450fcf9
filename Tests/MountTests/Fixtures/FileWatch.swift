import Glibc
import SystemPackage
import TestSupport

/// Watches a file as programs do that reload their configuration (`inotify(7)`).
final class FileWatch: Sendable {
    private let queue: FileDescriptor

    init(_ path: FilePath, _ events: Int32) throws {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        queue = FileDescriptor(rawValue: descriptor)
        guard unsafe inotify_add_watch(descriptor, path.string, UInt32(events)) >= 0 else {
            throw Errno(rawValue: errno)
        }
    }

    deinit {
        try? queue.close()
    }

    /// Waits for one of the events.
    func waits(for event: Int32) async throws {
        try await eventually("event 0x\(String(event, radix: 16))") { try taken() & UInt32(event) != 0 }
    }

    /// What happened since the last call.
    private func taken() throws -> UInt32 {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var seen: UInt32 = 0
        while let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe queue.read(into: $0) }), count > 0 {
            var offset = 0
            while offset < count {
                let event = unsafe buffer.withUnsafeBytes {
                    unsafe $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                }
                seen |= event.mask
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
        return seen
    }
}

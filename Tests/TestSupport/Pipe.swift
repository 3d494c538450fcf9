internal import Glibc
public import SystemPackage

/// A pipe between a test and a program that it runs, which no other program that runs meanwhile inherits.
///
/// `pipe2` is out of Swift's reach, and `pipe` followed by `fcntl` would let a program started in between inherit it and
/// keep it open: a FIFO can be opened close-on-exec from the start.
public struct Pipe: Sendable {
    public let reader: FileDescriptor
    public let writer: FileDescriptor

    public init() throws {
        let scratch = try Scratch("pipe")
        let path = scratch["fifo"]
        guard unsafe mkfifo(path.string, 0o600) == 0 else { throw Errno(rawValue: errno) }
        reader = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
        writer = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec])
        _ = fcntl(reader.rawValue, F_SETFL, 0)
    }

    /// Reads exactly `count` bytes; fewer only at the end.
    /// - Throws: `Errno.timedOut` when nothing comes for two minutes: a test must fail rather than hang.
    public func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var used = 0
        while used < count {
            var waiting = pollfd(fd: reader.rawValue, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 120_000) != 0 else { throw Errno.timedOut }
            let received = try unsafe bytes.withUnsafeMutableBytes { buffer in
                try unsafe reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[used...]))
            }
            if received == 0 { break }
            used += received
        }
        return Array(bytes[..<used])
    }

    /// Fills the pipe so that the next write to it waits.
    public func fill() throws {
        _ = fcntl(writer.rawValue, F_SETFL, O_NONBLOCK)
        let block = [UInt8](repeating: 0x2E, count: 4096)
        for size in [4096, 1] {
            while unsafe block.withUnsafeBytes({ unsafe write(writer.rawValue, $0.baseAddress, size) }) > 0 {}
        }
        _ = fcntl(writer.rawValue, F_SETFL, 0)
    }
}

internal import Glibc
internal import SystemPackage

/// Reads a file line by line, in bounded memory, also one that is being written.
struct AuditLines {
    private let file: AuditOpenFile
    private var buffer: [UInt8] = []
    /// Where in `buffer` the next line begins, and where in the file.
    private var start = 0
    private(set) var offset: UInt64 = 0

    private static let portion = 1 << 20

    init(_ path: FilePath) throws(SecretaryError) {
        file = try AuditOpenFile.openForReading(path)
    }

    struct Line {
        let offset: UInt64
        /// With the newline, unless the file ends before it or the line is too long for one.
        let bytes: ArraySlice<UInt8>

        var isWhole: Bool { bytes.last == UInt8(ascii: "\n") }
    }

    /// - Returns: `nil` at the end. When more has been written, the next call goes on there.
    mutating func next() throws(SecretaryError) -> Line? {
        var searched = start
        while true {
            if let end = Self.newline(in: buffer, from: searched) { return take(through: end) }
            if buffer.count - start >= AuditLine.maximumCount {
                return take(through: start + AuditLine.maximumCount - 1)
            }
            searched = buffer.count
            let more = try file.read(Self.portion, at: offset + UInt64(buffer.count - start))
            if more.isEmpty {
                return start == buffer.count ? nil : Line(offset: offset, bytes: buffer[start...])
            }
            searched -= start
            buffer.removeFirst(start)
            start = 0
            buffer += more
        }
    }

    /// Whether all that has been read was whole lines.
    var isAtEnd: Bool { start == buffer.count }

    private mutating func take(through end: Int) -> Line {
        defer {
            offset += UInt64(end + 1 - start)
            start = end + 1
        }
        return Line(offset: offset, bytes: buffer[start...end])
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        unsafe bytes.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress else { return nil }
            guard let found = unsafe memchr(base + start, 10, bytes.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}

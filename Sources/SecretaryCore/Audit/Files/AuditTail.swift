/// The end of a file of the log.
struct AuditTail {
    /// The last whole line; `nil` when it is none of a log.
    let lastLine: AuditLine?
    /// Where it ends; what follows is a line without an end.
    let end: UInt64

    init(of file: AuditOpenFile) throws(SecretaryError) {
        let size = try file.status().size
        let start = size - min(size, UInt64(2 * AuditLine.maximumCount))
        let bytes = try file.read(Int(size - start), at: start)
        let newline = UInt8(ascii: "\n")
        guard let last = bytes.lastIndex(of: newline) else {
            lastLine = nil
            end = start
            return
        }
        let before = bytes[..<last].lastIndex(of: newline)
        lastLine = AuditLine(bytes[(before.map { $0 + 1 } ?? 0)...last])
        end = start + UInt64(last) + 1
    }
}

/// Bytes of the file that are no records.
struct StrayBytes {
    private(set) var count: UInt64
    private(set) var endsLine: Bool
    private var content: [UInt8]

    /// So much is told apart; more is not a torn record, and refused.
    static let maximumCount: UInt64 = 16 << 20

    init(in file: AuditOpenFile, from start: UInt64, to end: UInt64) throws(SecretaryError) {
        guard end - start <= Self.maximumCount else {
            throw SecretaryError(
                .io, "\(file.path) has \(end - start) bytes from \(start) on that are no records",
                hint: "move it away; the log goes on in a new file")
        }
        content = try file.read(Int(end - start), at: start)
        count = end - start
        endsLine = content.last == UInt8(ascii: "\n")
    }

    mutating func endLine() {
        content.append(UInt8(ascii: "\n"))
        count += 1
        endsLine = true
    }

    var hash: [UInt8] { BLAKE2b.hash(content) }
}

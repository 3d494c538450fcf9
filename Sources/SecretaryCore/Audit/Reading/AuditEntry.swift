public import SystemPackage

/// One record as it is read from a log.
public struct AuditEntry: Sendable {
    public let event: AuditEvent
    /// Nanoseconds since 1970.
    public let time: Int64
    /// `nil` for a record outside the chain.
    public let sequence: UInt64?
    /// The line, without its newline.
    public let line: [UInt8]
    private let fields: AuditFields

    /// - Returns: `nil` when the line is no record.
    init?(_ line: ArraySlice<UInt8>) {
        let line = line.last == UInt8(ascii: "\n") ? line.dropLast() : line
        guard let fields = AuditFields(line), let time = fields.text("time").flatMap(Timestamp.parse),
            let event = fields.text("event").flatMap(AuditEvent.init(rawValue:))
        else { return nil }
        (self.fields, self.time, self.event) = (fields, time, event)
        self.sequence = fields.number("seq")
        self.line = Array(line)
    }

    /// A text of the record.
    public subscript(name: String) -> String? { fields.text(name) }

    public func number(_ name: String) -> UInt64? { fields.number(name) }

    /// Reads logs, in the order of their records and in bounded memory; nothing is verified.
    /// - Returns: the number of lines that are no records.
    /// - Throws: `.noInput` when a file cannot be read, and what `body` throws.
    public static func forEach(
        in files: [FilePath], _ body: (AuditEntry) throws(SecretaryError) -> Void
    ) throws(SecretaryError) -> Int {
        var unreadable = 0
        for file in try AuditFiles.inOrder(files) {
            var lines = try AuditLines(file)
            while let line = try lines.next() {
                guard line.isWhole || line.bytes.count >= AuditLine.maximumCount else { break }
                if let entry = AuditEntry(line.bytes) { try body(entry) } else { unreadable += 1 }
            }
        }
        return unreadable
    }
}

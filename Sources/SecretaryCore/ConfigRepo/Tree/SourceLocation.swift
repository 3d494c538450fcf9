/// Where a key or a value stands in its file.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    // Four 32-bit numbers: every value of a repository carries one, and no file is larger than 32 MiB.
    private let lineNumber: UInt32
    private let columnNumber: UInt32
    private let start: UInt32
    private let end: UInt32

    /// - Parameters:
    ///   - line: counted from 1; a line ends with LF, CRLF or CR.
    ///   - column: counted from 1 in Unicode scalars; a byte order mark does not count.
    ///   - range: offsets in bytes from the start of the file, a byte order mark included.
    public init(line: Int, column: Int, range: Range<Int>) {
        lineNumber = UInt32(clamping: line)
        columnNumber = UInt32(clamping: column)
        start = UInt32(clamping: range.lowerBound)
        end = UInt32(clamping: range.upperBound)
    }

    public var line: Int { Int(lineNumber) }
    public var column: Int { Int(columnNumber) }

    /// The bytes of the file to replace to change the value, with its quotes or its `|`, without an anchor, a tag or
    /// the line break that ends it.
    ///
    /// Empty where nothing is written (`key:`): the place to insert a space and a value.
    public var range: Range<Int> { Int(start)..<Int(end) }

    /// `LINE:COLUMN`, as compilers write it.
    public var description: String { "\(line):\(column)" }
}

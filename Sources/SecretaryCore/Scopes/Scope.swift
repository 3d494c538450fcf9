/// Who may open an envelope, and under which name: `/prod/shop/web#DATABASE_PASSWORD`.
///
/// Opens for an app at or below the path, and, where there is a `#NAME`, only under that name. `/` is everyone.
public struct Scope: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes that an envelope has room for.
    public static let maximumCount = 255

    public let path: AppPath
    /// UTF-8; compared byte by byte.
    let nameBytes: [UInt8]?

    /// What follows the `#`.
    public var name: String? { nameBytes.map { String(decoding: $0, as: UTF8.self) } }

    /// - Throws: `.malformed`, saying which rule the text breaks.
    public init(parsing text: String) throws(SecretaryError) {
        try self.init(bytes: Array(text.utf8))
    }

    /// The scope of `name` in the app at `path`.
    /// - Throws: `.malformed` when the name is empty or both together are too long.
    public init(path: AppPath, name: String?) throws(SecretaryError) {
        try self.init(bytes: path.bytes + (name.map { Array("#\($0)".utf8) } ?? []))
    }

    init(bytes: [UInt8]) throws(SecretaryError) {
        guard bytes.count <= Scope.maximumCount else {
            throw SecretaryError(.malformed, "a scope has at most \(Scope.maximumCount) bytes, this has \(bytes.count)")
        }
        try Scope.requireText(bytes)
        let pathEnd = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
        self.path = try AppPath(bytes: Array(bytes[..<pathEnd]))
        guard pathEnd < bytes.endIndex else {
            self.nameBytes = nil
            return
        }
        let name = Array(bytes[(pathEnd + 1)...])
        guard !name.isEmpty else {
            throw SecretaryError(
                .malformed, "the scope '\(String(decoding: bytes, as: UTF8.self))' has no name after #",
                hint: "leave the # out, or name the secret: \(path)#NAME")
        }
        self.nameBytes = name
    }

    /// UTF-8, as it stands in an envelope.
    var bytes: [UInt8] { path.bytes + (nameBytes.map { [UInt8(ascii: "#")] + $0 } ?? []) }

    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Refuses control characters, which would deceive the reader of a terminal or a log, and what is not UTF-8.
    static func requireText(_ bytes: [UInt8]) throws(SecretaryError) {
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }), String(validating: bytes, as: UTF8.self) != nil
        else {
            throw SecretaryError(.malformed, "a scope must be UTF-8 without control characters")
        }
    }
}

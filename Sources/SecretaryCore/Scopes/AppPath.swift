/// Where an application stands in the tree of applications: `/prod/shop/web`.
///
/// Absolute; its parts are not empty, not `.` or `..`, and hold no `#` and no control characters; at most 255 bytes.
/// `/` is the root. Paths are compared byte by byte: two that only look alike are different.
public struct AppPath: Hashable, Sendable, CustomStringConvertible {
    /// UTF-8.
    let bytes: [UInt8]

    /// - Throws: `.malformed`, saying which rule the text breaks.
    public init(parsing text: String) throws(SecretaryError) {
        try self.init(bytes: Array(text.utf8))
    }

    init(bytes: [UInt8]) throws(SecretaryError) {
        guard bytes.first == UInt8(ascii: "/") else { throw AppPath.error(bytes, "does not begin with /") }
        guard bytes.count <= Scope.maximumCount else {
            throw AppPath.error(bytes.prefix(64), "… is longer than \(Scope.maximumCount) bytes")
        }
        if bytes.count > 1 {
            for part in bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
                if part.isEmpty { throw AppPath.error(bytes, "has an empty part") }
                if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) {
                    throw AppPath.error(bytes, "has a part . or ..")
                }
            }
        }
        if bytes.contains(UInt8(ascii: "#")) { throw AppPath.error(bytes, "contains #") }
        try Scope.requireText(bytes)
        self.bytes = bytes
    }

    /// `true` when this is `other`, or stands below it.
    public func isAtOrBelow(_ other: AppPath) -> Bool {
        guard bytes.starts(with: other.bytes) else { return false }
        return bytes.count == other.bytes.count || other.bytes.count == 1
            || bytes[other.bytes.count] == UInt8(ascii: "/")
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }

    private static func error(_ bytes: some Sequence<UInt8>, _ problem: String) -> SecretaryError {
        SecretaryError(
            .malformed, "the app path '\(String(decoding: Array(bytes), as: UTF8.self))' \(problem)",
            hint: "app paths look like /prod/shop/web")
    }
}

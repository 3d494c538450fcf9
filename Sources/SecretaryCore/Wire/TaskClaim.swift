/// What a client says it is; nothing of it is proved until its sealed request opens with the keys of that task.
///
/// Compared byte by byte: two that only look alike are different.
public struct TaskClaim: Sendable, Hashable {
    /// The app, such as `/prod/shop/web`; the form field `appid`.
    public var app: String
    /// Version of the app's configuration; the form field `appversion`.
    public var version: String
    /// The running task; the form field `taskid`.
    public var id: String

    /// The most bytes of each of the three.
    public static let maximumCount = 1024

    public init(app: String, version: String, id: String) {
        self.app = app
        self.version = version
        self.id = id
    }

    /// Reads what a client has sent.
    /// - Throws: `.malformed` for a part that is empty, too long, not UTF-8, or has control characters, which would deceive
    ///   the reader of a log.
    init(app: [UInt8], version: [UInt8], id: [UInt8]) throws(SecretaryError) {
        self.app = try TaskClaim.text(app, "app")
        self.version = try TaskClaim.text(version, "version")
        self.id = try TaskClaim.text(id, "task")
    }

    private static func text(_ bytes: [UInt8], _ what: String) throws(SecretaryError) -> String {
        guard (1...maximumCount).contains(bytes.count), !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }),
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw SecretaryError(
                .malformed, "the \(what) is not 1 to \(maximumCount) bytes of UTF-8 without control characters")
        }
        return text
    }

    public static func == (left: TaskClaim, right: TaskClaim) -> Bool {
        left.app.utf8.elementsEqual(right.app.utf8) && left.version.utf8.elementsEqual(right.version.utf8)
            && left.id.utf8.elementsEqual(right.id.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for part in [app, version, id] {
            for byte in part.utf8 { hasher.combine(byte) }
            hasher.combine(UInt8(0xFF))
        }
    }
}

/// A file that a mount is to show.
public struct PlannedFile: Sendable {
    public enum Body: Sendable {
        case secret(SecretFile)
        case text([UInt8])
    }

    /// Names from the root down, not yet encoded as file names.
    public var path: [[UInt8]]
    public var body: Body
    /// Permission bits.
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    /// Where it is written, for messages.
    public var source: String

    public init(
        path: [[UInt8]], body: Body, mode: UInt32, owner: UInt32, group: UInt32, source: String
    ) {
        self.path = path
        self.body = body
        self.mode = mode
        self.owner = owner
        self.group = group
        self.source = source
    }
}

/// Files that were planned together.
///
/// Never changes: as long as a source, or a volume of it, says the same, it is this same object.
public final class PlannedFiles: Sendable {
    public let all: [PlannedFile]
    /// How many of them have to be decrypted.
    let secretCount: Int

    init(_ all: [PlannedFile]) {
        self.all = all
        secretCount = all.count { if case .secret = $0.body { true } else { false } }
    }
}

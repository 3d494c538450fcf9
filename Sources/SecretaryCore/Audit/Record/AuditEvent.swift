/// What a record of the audit log is about.
public enum AuditEvent: String, Sendable, CaseIterable {
    /// A mount, or another server, begins.
    case start
    /// A server took over from one that ended without a word.
    case resume
    case stop
    /// A secret was let out.
    case open
    /// A rule or a scope refused it.
    case denied
    /// It was allowed, and could not be had.
    case failed

    // What the log says about itself:

    /// The first record of a file: what is needed to verify it.
    case begin
    /// A signature over everything before it.
    case checkpoint
    /// The last record of a file; the next one goes on.
    case rotate
    /// Something was not as it should have been: after a crash, or because somebody touched the file.
    case recovered

    // Of a daemon that starts without its master keys:

    /// Somebody gave a share of a key or a passphrase. When it was not taken, a `failed` follows.
    case unseal
    /// Somebody had it forget its keys.
    case seal

    /// Whether the log says it about itself.
    var isOwn: Bool { [.begin, .checkpoint, .rotate, .recovered].contains(self) }
}

/// How config files become files of a mount.
public enum Layout: String, Sendable, CaseIterable {
    /// Each value is a file, at its dotted path as directories.
    case keys
    /// Each config file is a file, with its envelopes replaced by their plaintext.
    case files
}

/// How much of a config file is read before it is refused.
///
/// A file of a few bytes can ask for gigabytes (a "YAML bomb"), and a mount reads files that it did not choose; every
/// limit is an error that names it, never a truncation.
public enum ConfigLimits {
    /// Bytes of one file.
    ///
    /// One secret of the largest size (16 MiB) takes 22 MiB as an envelope.
    public static let fileSize = 32 << 20
    /// Mappings and sequences inside each other.
    public static let depth = 100
    /// Values, mappings and sequences of one file, each counted as often as aliases and merge keys repeat it.
    public static let nodes = 250_000
    /// Bytes of all values of one file, with their paths, counted in the same way.
    public static let expandedSize = 64 << 20
    /// Bytes of one key.
    public static let keySize = 1024
    /// Files and folders of one source tree.
    public static let treeEntries = 100_000
    /// Folders inside each other.
    public static let treeDepth = 64
}

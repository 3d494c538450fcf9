public import SystemPackage

/// How new secrets are encrypted.
public enum EnvelopeFormat: String, Hashable, Sendable, CaseIterable {
    case nacl, hpke, kms
}

/// What `.secretary.yaml` at the root of a config repository says; every key is described in
/// `Documentation/config-repo.md`.
public struct Settings: Hashable, Sendable {
    /// The name of the file at the root of a config repository.
    public static let fileName = ".secretary.yaml"

    /// Format of the file; 1 is the only one.
    public var version = 1
    /// How new secrets are encrypted.
    ///
    /// Without a file: as the original does.
    public var format = EnvelopeFormat.nacl
    /// What happens to a value that has no scope.
    public var unscoped = UnscopedPolicy.allow
    /// Key files, relative to the root.
    public var keys: [KeyRole: FilePath] = [:]
    /// Parts of the repository with rules of their own; the first that matches a file counts.
    public var environments: [Environment] = []
    /// What mounts show, in the order of the file.
    public var views: [View] = []

    /// What applies without a `.secretary.yaml`.
    public init() {}

    /// Reads and checks the text of a `.secretary.yaml`.
    /// - Parameter name: how errors call the file.
    /// - Throws: `.configuration`, `FILE:LINE:COLUMN: what`, for a syntax error, a key that is not known or is there
    ///   twice, and a value that cannot be used.
    public static func parse(_ bytes: [UInt8], name: String = fileName) throws(SecretaryError) -> Settings {
        try SettingsReader.read(SourceText(name: name, bytes: bytes))
    }

    /// The view of this name.
    /// - Throws: `.noInput`, naming the views that there are.
    public func view(named name: String) throws(SecretaryError) -> View {
        if let view = views.first(where: { $0.name == name }) { return view }
        let names = views.map(\.name)
        throw SecretaryError(
            .noInput,
            names.isEmpty
                ? "there is no view \"\(name)\": \(Settings.fileName) has none"
                : "there is no view \"\(name)\": \(Settings.fileName) has \(names.joined(separator: ", "))",
            hint: Spelling.nearest(to: name, among: names).map { "did you mean \"\($0)\"?" })
    }
}

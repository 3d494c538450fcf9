public import SystemPackage

/// What a mount shows, by name: `secretaryctl mount --view NAME`.
public struct View: Hashable, Sendable {
    public let name: String
    /// The file or folder it shows, relative to the root of the repository.
    public let source: FilePath
    /// The part of the file that is shown.
    public let select: ConfigPath
    /// Whose secrets these are: the identity that scopes are compared with.
    public let app: AppPath?
    /// Rules for single files; the first that matches counts.
    public let files: [FileRule]
    /// Files that are composed of several values when they are opened.
    public let render: [RenderRule]
    /// Which processes may open its files.
    public let readers: ReaderRules
}

/// Who may read a file.
///
/// What is `nil` is as for the rest of the mount.
public struct FileAccess: Hashable, Sendable {
    public var mode: FilePermissions?
    public var uid: UInt32?
    public var gid: UInt32?
    /// Asked before the rules of the view.
    public var readers: ReaderRules

    public init(
        mode: FilePermissions? = nil, uid: UInt32? = nil, gid: UInt32? = nil, readers: ReaderRules = ReaderRules()
    ) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.readers = readers
    }
}

/// Gives files of a view another place or other permissions.
public struct FileRule: Hashable, Sendable {
    /// Compared with the dotted path below `select`; see `ConfigPath.matchText`.
    public let match: Glob
    /// Where the file is shown instead, relative to the mountpoint.
    public let path: FilePath?
    public let access: FileAccess

    public func matches(_ path: ConfigPath) -> Bool { match.matches(path.matchText) }
}

/// A file that is composed of several values.
public struct RenderRule: Hashable, Sendable {
    public enum Format: String, Hashable, Sendable, CaseIterable {
        case dotenv, json, template
    }

    /// Where a template's text is.
    public enum TemplateSource: Hashable, Sendable {
        case inline(Template)
        /// A file, relative to the root of the repository.
        case file(FilePath)
    }

    /// Where the file is shown, relative to the mountpoint.
    public let path: FilePath
    public let format: Format
    /// What a template's paths begin at, and which part the other formats show, below the view's `select`.
    public let select: ConfigPath
    /// Which values are in the file; compared with the dotted path below `select`.
    ///
    /// `nil` for all.
    public let match: Glob?
    /// For the format `template`, and only for it.
    public let template: TemplateSource?
    public let access: FileAccess
}

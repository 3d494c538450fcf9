public import SecretaryCore
public import SystemPackage

/// What of a config repository a mount shows.
public struct MountSelection: Sendable {
    /// A config file, a folder of them, or with a view the repository.
    public var place: FilePath
    /// A view of `.secretary.yaml`, which then says which file, part, identity and permissions.
    public var view: String?
    /// Dotted path to the part of the file that is shown; `nil` for all of it.
    public var select: String?
    public var layout: Layout
    /// Whether values and files without envelopes are shown too.
    public var includesPlain: Bool
    /// Who reads; `nil` for what the environment's scope says, and else the holder of the master key.
    public var app: AppPath?
    /// Permission bits of files that no rule gives others.
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    /// The volume that it is; `nil` for a mount of its own.
    package var volume: VolumeAccess?

    public init(
        place: FilePath, view: String?, select: String?, layout: Layout, includesPlain: Bool, app: AppPath?,
        mode: UInt32, owner: UInt32, group: UInt32
    ) {
        self.place = place
        self.view = view
        self.select = select
        self.layout = layout
        self.includesPlain = includesPlain
        self.app = app
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

extension MountSelection {
    /// What is mounted, for people.
    public static func describe(_ place: FilePath, view: String?, select: String?) -> String {
        [place.string, view.map { "view \($0)" }, select.map { "select \($0)" }].compactMap(\.self)
            .joined(separator: ", ")
    }
}

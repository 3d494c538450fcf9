/// Which readers may open a file, or may not: one line of `readers` in a view.
public struct ReaderRule: Sendable, Hashable {
    public enum Effect: String, Sendable, CaseIterable {
        case allow, deny
    }

    public let effect: Effect
    /// How people find it: `views.web.readers[2]`.
    public let name: String
    public let uid: UInt32?
    public let gid: UInt32?
    public let executable: Glob?
    public let cgroup: Glob?
    public let container: Glob?

    /// A rule for readers of whom everything holds that is not `nil`; for every reader, when all is.
    public init(
        _ effect: Effect, name: String, uid: UInt32? = nil, gid: UInt32? = nil, executable: Glob? = nil,
        cgroup: Glob? = nil, container: Glob? = nil
    ) {
        self.effect = effect
        self.name = name
        self.uid = uid
        self.gid = gid
        self.executable = executable
        self.cgroup = cgroup
        self.container = container
    }

    /// Whether no reader gets past it.
    var appliesToAll: Bool { uid == nil && gid == nil && executable == nil && cgroup == nil && container == nil }

    /// Whether the rule decides about this reader.
    ///
    /// What is not known of a reader never helps it: it does not satisfy a rule that allows, and does not escape one that
    /// denies.
    func applies(to reader: ReaderProcess) -> Bool {
        (uid == nil || uid == reader.uid) && (gid == nil || gid == reader.gid)
            && holds(cgroup, for: reader.cgroup) && holds(executable, for: program(of: reader))
            // Whose control group is known, its container is, too, if it has one.
            && holds(container, for: reader.container, isKnown: reader.cgroup != nil)
    }

    private func holds(_ pattern: Glob?, for text: String?, isKnown: Bool = false) -> Bool {
        guard let pattern else { return true }
        guard let text else { return !isKnown && effect == .deny }
        return pattern.matches(text)
    }

    /// The path that stands for the reader's program here; `nil` when none does.
    ///
    /// A rule that allows means a file that is there: not one that was replaced, and not one at the same path of
    /// a container, where anybody can have any file, unless the rule names the container. A rule that denies takes the path
    /// as it is.
    private func program(of reader: ReaderProcess) -> String? {
        guard let path = reader.executable else { return nil }
        let isDeleted = path.hasSuffix(Self.deleted)
        switch effect {
        case .allow: return !isDeleted && (reader.sharesMountNamespace || container != nil) ? path : nil
        case .deny: return isDeleted ? String(path.dropLast(Self.deleted.count)) : path
        }
    }

    /// What the kernel puts after the path of a file that is gone.
    private static let deleted = " (deleted)"
}

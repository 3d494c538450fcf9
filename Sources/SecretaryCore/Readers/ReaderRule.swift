/// Which readers may open a file, or may not: one line of `readers` in a view.
public struct ReaderRule: Sendable, Hashable {
    public enum Effect: String, Sendable, CaseIterable {
        case allow, deny
    }

    public let effect: Effect
    /// How people find it: `readers[2] of view web`.
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

    /// Whether the rule decides about this reader.
    ///
    /// What is not known of a reader never helps it: it does not satisfy a rule that allows, and does not escape one that
    /// denies.
    func applies(to reader: ReaderProcess) -> Bool {
        (uid == nil || uid == reader.uid) && (gid == nil || gid == reader.gid)
            && holds(container, for: reader.container) && holds(cgroup, for: reader.cgroup)
            && holds(executable, for: program(of: reader))
    }

    private func holds(_ pattern: Glob?, for text: String?) -> Bool {
        guard let pattern else { return true }
        guard let text else { return effect == .deny }
        return pattern.matches(text)
    }

    /// The path that stands for the reader's program here; `nil` when none does.
    ///
    /// Anybody can have a file at any path of a container of their own, so a path alone allows only in a rule that names
    /// the container. A rule that denies takes it as it is, also after the file was deleted.
    private func program(of reader: ReaderProcess) -> String? {
        switch effect {
        case .allow: reader.isExecutableHere || container != nil ? reader.executable : nil
        case .deny: reader.executable.map { $0.hasSuffix(Self.deleted) ? String($0.dropLast(Self.deleted.count)) : $0 }
        }
    }

    /// What the kernel puts after the path of a file that is gone.
    private static let deleted = " (deleted)"
}

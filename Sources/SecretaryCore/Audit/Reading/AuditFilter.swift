/// Which records somebody wants to see: all that everything holds for that is not `nil`.
public struct AuditFilter: Sendable {
    public var secret: Glob?
    public var scope: Glob?
    /// A user's number, or a pattern for the program, the container, its image, service or task, or the control group; of
    /// a daemon's task for its app, its id or its address.
    public var reader: Reader?
    public var events: Set<AuditEvent> = []
    /// Nanoseconds since 1970.
    public var since: Int64?
    public var until: Int64?

    public enum Reader: Sendable {
        case uid(UInt64)
        case pattern(Glob)
    }

    public init() {}

    public func matches(_ entry: AuditEntry) -> Bool {
        if !events.isEmpty, !events.contains(entry.event) { return false }
        if let since, entry.time < since { return false }
        if let until, entry.time > until { return false }
        return holds(secret, for: entry["secret"]) && holds(scope, forAnyOf: entry["scope"]) && isReader(of: entry)
    }

    private func holds(_ pattern: Glob?, for text: String?) -> Bool {
        guard let pattern else { return true }
        return text.map(pattern.matches) ?? false
    }

    private func holds(_ pattern: Glob?, forAnyOf texts: String?) -> Bool {
        guard let pattern else { return true }
        return texts?.split(separator: " ").contains { pattern.matches(String($0)) } ?? false
    }

    private func isReader(of entry: AuditEntry) -> Bool {
        switch reader {
        case nil: true
        case .uid(let uid)?: entry.number("uid") == uid
        case .pattern(let pattern)?:
            ["exe", "container", "image", "service", "cgroup", "app", "task", "remote"].contains { name in
                entry[name].map(pattern.matches) ?? false
            }
        }
    }
}

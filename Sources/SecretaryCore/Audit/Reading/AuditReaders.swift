/// Who had which secret: records, grouped by secret and reader.
public struct AuditReaders: Sendable {
    /// One reader of one secret.
    ///
    /// Processes that run the same program as the same user in the same container are one, and so are the tasks of one app.
    public struct Group: Hashable, Sendable {
        public let secret: String
        /// `nil` for a task.
        public let uid: UInt64?
        public let executable: String?
        public let container: String?
        /// Of a task; `nil` for a process.
        public let app: String?
    }

    public struct Use: Sendable {
        public var first: Int64
        public var last: Int64
        public var opened = 0
        public var denied = 0
        /// Versions of the value, by digest.
        public var versions: Set<String> = []
        /// What the Docker Engine said of the container, in any of the records.
        public var image: String?
        public var service: String?
    }

    public private(set) var uses: [Group: Use] = [:]

    public init() {}

    /// Counts a record, if it is about a reader.
    public mutating func add(_ entry: AuditEntry) {
        guard entry.event == .open || entry.event == .denied, let secret = entry["secret"] ?? entry["digest"],
            entry.number("uid") != nil || entry["app"] != nil
        else { return }
        let group = Group(
            secret: secret, uid: entry.number("uid"), executable: entry["exe"], container: entry["container"],
            app: entry["app"])
        var use = uses[group] ?? Use(first: entry.time, last: entry.time)
        use.first = min(use.first, entry.time)
        use.last = max(use.last, entry.time)
        if entry.event == .open { use.opened += 1 } else { use.denied += 1 }
        if entry.event == .open, let digest = entry["digest"] { use.versions.insert(digest) }
        if group.container != nil {
            use.image = entry["image"] ?? use.image
            use.service = entry["service"] ?? use.service
        }
        uses[group] = use
    }

    /// By secret, those who read it last first.
    public var sorted: [(group: Group, use: Use)] {
        uses.map { ($0.key, $0.value) }.sorted { one, other in
            one.0.secret == other.0.secret ? one.1.last > other.1.last : one.0.secret < other.0.secret
        }
    }
}

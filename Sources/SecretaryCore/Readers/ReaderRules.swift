/// What was decided about a reader, and by which rule.
public struct ReaderDecision: Sendable, Hashable {
    public var isAllowed: Bool
    /// For people: `views.web.readers[2]`, `default: file mode`.
    public var rule: String

    public init(isAllowed: Bool, rule: String) {
        self.isAllowed = isAllowed
        self.rule = rule
    }

    /// No rule says anything: who was let through by the file's permissions may read it.
    public static let fileMode = ReaderDecision(isAllowed: true, rule: "default: file mode")
}

/// Which readers may open a file: the first rule that applies decides.
///
/// The kernel has checked the file's permissions before; rules can only take away.
public struct ReaderRules: Sendable, Hashable {
    public let rules: [ReaderRule]

    public init(_ rules: [ReaderRule] = []) {
        self.rules = rules
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// These rules, and after them the others.
    public func followed(by others: ReaderRules) -> ReaderRules { ReaderRules(rules + others.rules) }

    public func decide(_ reader: ReaderProcess) -> ReaderDecision {
        guard let rule = rules.first(where: { $0.applies(to: reader) }) else { return .fileMode }
        return ReaderDecision(isAllowed: rule.effect == .allow, rule: rule.name)
    }
}

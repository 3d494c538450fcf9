/// What a check of the machine found.
public struct Finding: Sendable, Equatable {
    public enum Level: String, Sendable, CaseIterable {
        case ok
        /// Works, but not as well, or not in every case.
        case warning
        /// Something that was asked for does not work.
        case problem
    }

    /// The name of what was looked at.
    public var check: String
    public var level: Level
    /// What is so, and what follows from it.
    public var reason: String
    /// What can be done about it.
    public var fix: String?

    public static func ok(_ check: String, _ reason: String) -> Finding {
        Finding(check: check, level: .ok, reason: reason, fix: nil)
    }

    public static func warning(_ check: String, _ reason: String, fix: String?) -> Finding {
        Finding(check: check, level: .warning, reason: reason, fix: fix)
    }

    public static func problem(_ check: String, _ reason: String, fix: String?) -> Finding {
        Finding(check: check, level: .problem, reason: reason, fix: fix)
    }
}

/// How somebody outside answers who has to open envelopes.
public struct OutsideStatus: Sendable {
    /// Who that is.
    public var name: String
    /// How many values are kept.
    public var kept: Int
    /// How many of them are older than what is served without asking.
    public var stale: Int
    /// Why the last one who asked got no answer; `nil` while there are answers.
    public var trouble: String?
    /// When there was the last answer, in nanoseconds since 1970; `nil` for never.
    public var lastAnswer: Int64?
}

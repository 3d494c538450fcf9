extension WireV2 {
    /// Why one secret of a request was not opened; the raw value is its status in the answer, where 0 is success.
    public enum Failure: UInt8, Sendable, CaseIterable {
        /// A rule does not let this task have it.
        case denied = 1
        /// No key of the daemon opens it, or it was changed.
        case wrongKey = 2
        /// It is no envelope.
        case malformed = 3
        /// Something that the daemon needs did not answer; it may be tried again.
        case unavailable = 4
    }
}

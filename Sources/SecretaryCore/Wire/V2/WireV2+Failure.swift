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

        /// What the daemon says for `error`.
        init(_ error: SecretaryError) {
            self =
                switch error.code {
                case .denied: .denied
                case .wrongKey: .wrongKey
                case .malformed: .malformed
                default: .unavailable
                }
        }

        private var code: SecretaryError.Code {
            switch self {
            case .denied: .denied
            case .wrongKey: .wrongKey
            case .malformed: .malformed
            case .unavailable: .unavailable
            }
        }

        /// What a status and its text mean to the client; one that is not known here is `.unavailable`.
        static func error(_ status: UInt8, text: some Sequence<UInt8>) -> SecretaryError {
            let text = printable(text)
            guard let failure = Failure(rawValue: status) else {
                return SecretaryError(.unavailable, "the daemon answers with status \(status): \(text)")
            }
            return SecretaryError(failure.code, "the daemon says: \(text)")
        }
    }
}

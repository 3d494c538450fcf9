extension WireV2 {
    /// Why a whole request was not answered.
    ///
    /// Not sealed: an error can come before the keys are known. The body is `WORD: text`, the word one of these.
    public enum Refusal: String, Sendable, CaseIterable {
        /// Not laid out as this protocol asks for.
        case malformed
        /// A box does not open with the keys of the task that was claimed, or the master key is not known here.
        case wrongKey = "wrong-key"
        /// No such task is running.
        case notRunning = "not-running"
        /// Another rule: the address, the client certificate.
        case denied
        /// The time in the request is too far from the daemon's.
        case clock
        /// The daemon has answered this very request before.
        case replayed
        /// The body, or the number of secrets, is more than the daemon's limit.
        case tooLarge = "too-large"
        /// Too many requests; `Retry-After` says when to come back.
        case busy
        /// The daemon cannot answer anything at the moment: it is sealed, or its audit log or a back end is not there.
        case unavailable
        /// A back end did not answer in time.
        case timedOut = "timed-out"

        /// The status of the HTTP answer.
        public var status: Int {
            switch self {
            case .malformed: 400
            case .wrongKey: 401
            case .notRunning, .denied, .clock: 403
            case .replayed: 409
            case .tooLarge: 413
            case .busy: 429
            case .unavailable: 503
            case .timedOut: 504
            }
        }

        /// The body of the HTTP answer, as `text/plain`.
        public func body(_ text: String) -> String { "\(rawValue): \(text)\n" }

        /// Reads the body of an error.
        /// - Returns: `nil` when it is none of this protocol, as that of a load balancer.
        public static func parse(_ body: borrowing SecretBytes) -> (refusal: Refusal, text: String)? {
            unsafe body.withUnsafeBytes { body in
                guard let colon = unsafe body.prefix(32).firstIndex(of: UInt8(ascii: ":")),
                    let refusal = Refusal(rawValue: unsafe String(decoding: Array(body[..<colon]), as: UTF8.self))
                else { return nil }
                let text = unsafe body[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
                return (refusal, unsafe printable(text.prefix { $0 != 0x0A }))
            }
        }
    }
}

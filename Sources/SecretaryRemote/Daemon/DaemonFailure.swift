internal import SecretaryCore

/// Why a request to a daemon was not answered.
struct DaemonFailure: Error {
    enum Kind {
        /// Another daemon, or this one later, may answer.
        case passing
        /// It was answered: no.
        case final
        /// Fewer secrets in a request may be answered.
        case tooLarge
    }

    let kind: Kind
    let error: SecretaryError

    static func passing(_ error: SecretaryError) -> DaemonFailure { DaemonFailure(kind: .passing, error: error) }
    static func final(_ error: SecretaryError) -> DaemonFailure { DaemonFailure(kind: .final, error: error) }

    /// There was no HTTP answer, or one that is not as an answer is: cut off, perhaps, when the daemon ended.
    ///
    /// It proves nothing: another daemon may have a better one.
    init(noAnswer error: SecretaryError) {
        switch error.code {
        case .unavailable, .timedOut, .malformed: self = .passing(error)
        default: self = .final(error)
        }
    }

    /// The answer was none of Secretary's: what its HTTP status means.
    init(status: Int, from host: String) {
        switch status {
        case 413: self.init(kind: .tooLarge, error: SecretaryError(.malformed, "\(host) finds the request too large"))
        case 408, 504: self = .passing(SecretaryError(.timedOut, "\(host) answers with HTTP status \(status)"))
        case 429, 500...: self = .passing(SecretaryError(.unavailable, "\(host) answers with HTTP status \(status)"))
        default:
            self = .final(
                SecretaryError(
                    .unavailable, "\(host) answers with HTTP status \(status), as no daemon of Secretary does",
                    hint: DaemonFailure.urlHint))
        }
    }

    private init(kind: Kind, error: SecretaryError) {
        self.kind = kind
        self.error = error
    }

    /// A refusal by version 2.
    init(_ refusal: WireV2.Refusal, _ text: String, from host: String) {
        func error(_ code: SecretaryError.Code, _ message: String, hint: String? = nil) -> SecretaryError {
            SecretaryError(code, "\(host) \(message): \(text)", hint: hint)
        }
        switch refusal {
        case .malformed: self = .final(error(.malformed, "does not understand the request"))
        case .wrongKey: self = .final(error(.wrongKey, "does not accept the task's keys", hint: DaemonFailure.keyHint))
        case .notRunning:
            self = .final(error(.denied, "knows no such task that is running", hint: DaemonFailure.taskHint))
        case .denied: self = .final(error(.denied, "refuses"))
        case .clock:
            let hint = "set the clocks of both machines"
            self = .final(error(.unavailable, "has another time than this machine", hint: hint))
        case .replayed: self = .passing(error(.unavailable, "takes the request for a repeated one"))
        case .tooLarge: self.init(kind: .tooLarge, error: error(.malformed, "finds the request too large"))
        case .busy: self = .passing(error(.unavailable, "is busy"))
        case .unavailable: self = .passing(error(.unavailable, "cannot answer now"))
        case .timedOut: self = .passing(error(.timedOut, "waits for something else"))
        }
    }

    /// What is told when every daemon failed.
    static func nobodyAnswers(_ failures: [DaemonFailure]) -> DaemonFailure {
        guard let first = failures.first, failures.count > 1 else {
            return failures.first
                ?? .passing(SecretaryError(.timedOut, "there was no time to ask a daemon", hint: urlHint))
        }
        let isTimeout = failures.allSatisfy { $0.error.code == .timedOut }
        let messages = failures.map(\.error.message).joined(separator: "; ")
        return .passing(
            SecretaryError(
                isTimeout ? .timedOut : .unavailable, "none of \(failures.count) daemons answers: \(messages)",
                hint: first.error.hint))
    }

    static let urlHint = "is --secretary-url or SECRETARY_URL the daemon's?"
    static let taskHint = "see --app-id, --app-version and --task-id, or the variables in their place"
    static let keyHint =
        "the deploy and service key must be those that the task was deployed with, and the master key the daemon's"
}

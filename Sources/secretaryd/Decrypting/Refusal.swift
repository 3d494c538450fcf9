import SecretaryCore

/// Why a request is not answered, as far as the client may know.
///
/// Nothing in it comes from a back end or from what the client asked for: its words are written down here.
struct Refusal: Error {
    enum Reason: CaseIterable {
        case malformed, wrongKey, notRunning, otherTask, denied, undecryptable, clock, replayed, tooLarge, busy
        case overloaded, sealed, unavailable, timedOut
    }

    let reason: Reason
    /// For the audit log and nobody else.
    let detail: String
    /// Whether the audit log has it already, or cannot have it.
    private(set) var isAudited = false

    init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// - Parameters:
    ///   - error: what went wrong.
    ///   - denied: what it means when the error is a `.denied`.
    init(_ error: SecretaryError, denied: Reason) {
        let reason: Reason =
            switch error.code {
            case .denied: denied
            case .malformed: .malformed
            case .wrongKey: .wrongKey
            case .timedOut: .timedOut
            default: .unavailable
            }
        self.init(reason, error.message)
    }

    /// The same, for which nothing is left to be written down.
    var audited: Refusal {
        var copy = self
        copy.isAudited = true
        return copy
    }

    /// When it is worth trying again, in seconds.
    var retryAfter: Int? {
        switch reason {
        case .busy, .overloaded, .unavailable, .timedOut: 1
        case .sealed: 10
        default: nil
        }
    }
}

// MARK: The original's words

extension Refusal {
    /// The status and the text of `/v1/decrypt`: the original's where it knows the case.
    var original: (status: Int, text: String) {
        switch reason {
        case .malformed: (400, "Failed to parse the request")
        case .wrongKey:
            (
                400,
                "Failed to authenticate/decrypt request using deploy, service and master key "
                    + "(incorrect master key or hacking attempt?)"
            )
        case .notRunning: (500, "Given taskId is not running (bug or hacking attempt?)")
        case .otherTask:
            (
                400,
                "Given appid,appversion,taskid doesn't correspond to HTTP request params (bug or hacking attempt?)"
            )
        case .denied: (401, "Given secret isn't part of app config (bug or hacking attempt?)")
        case .undecryptable: (400, "Failed to decrypt plaintext secret, incorrect config or master key?")
        case .clock, .replayed: (400, text)
        case .tooLarge: (413, text)
        case .busy: (429, text)
        case .overloaded, .sealed, .unavailable: (503, text)
        case .timedOut: (504, text)
        }
    }
}

// MARK: Ours

extension Refusal {
    /// What `/v2/decrypt` calls it.
    var word: WireV2.Refusal {
        switch reason {
        case .malformed: .malformed
        case .wrongKey, .undecryptable: .wrongKey
        case .notRunning: .notRunning
        case .otherTask, .denied: .denied
        case .clock: .clock
        case .replayed: .replayed
        case .tooLarge: .tooLarge
        case .busy: .busy
        case .overloaded, .sealed, .unavailable: .unavailable
        case .timedOut: .timedOut
        }
    }

    var text: String {
        switch reason {
        case .malformed: "the request cannot be understood"
        case .wrongKey: "the request does not open with the keys of this task"
        case .notRunning: "no such task is running"
        case .otherTask: "the sealed request is another task's"
        case .denied: "this task may not have the secret"
        case .undecryptable: "no key of the daemon opens the secret"
        case .clock: "the request's time is too far from the daemon's"
        case .replayed: "the request has been answered before"
        case .tooLarge: "the request is larger than the daemon allows"
        case .busy: "too many requests"
        case .overloaded: "the daemon has too much to do"
        case .sealed: "the daemon is sealed"
        case .unavailable: "the daemon cannot answer at the moment"
        case .timedOut: "something that the daemon needs has not answered in time"
        }
    }
}

internal import SecretaryCore

/// What signs requests to AWS.
struct AWSCredentials: Sendable {
    let accessKeyID: String
    let secretAccessKey: HTTPSecret
    /// Comes with credentials that end.
    var sessionToken: HTTPSecret?
    /// Nanoseconds since 1970; `nil` when they do not end, or nobody says when.
    var expiry: Int64?
    /// Where they are from, for messages.
    var source: String

    /// Whether they are good for as long as this.
    func lasts(_ duration: Duration) -> Bool {
        guard let expiry else { return true }
        return expiry > WallClock.nanoseconds() + duration.components.seconds * 1_000_000_000
    }

    /// Signs a request (Signature Version 4).
    func sign(_ request: inout HTTPRequest, service: String, region: String) {
        request.authorization = .aws(
            service: service, region: region, accessKeyID: accessKeyID, secretAccessKey: secretAccessKey)
        if let sessionToken { request.secretHeaders.append(("X-Amz-Security-Token", sessionToken)) }
    }
}

/// A place that may have credentials.
protocol AWSCredentialSource: Sendable {
    func credentials() throws(AWSSourceFailure) -> AWSCredentials
}

/// Why a place has no credentials.
enum AWSSourceFailure: Error {
    /// It is not set up; the text says what was looked at. The next place is asked.
    case absent(String)
    /// It is set up, and does not work: that is for the user to know, and no other place is asked.
    case broken(SecretaryError)
}

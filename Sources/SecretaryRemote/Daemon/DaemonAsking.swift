internal import SecretaryCore

/// Makes one request, or what stands for one in version 1, to one daemon.
struct DaemonAsking: Sendable {
    private let http: HTTPClient
    /// For version 1, which makes many requests and needs connections that stay open.
    private let httpV1: HTTPClient
    let agreement: TaskAgreement
    let claim: TaskClaim

    init(_ settings: DaemonSettings, agreement: TaskAgreement) {
        http = HTTPClient(settings.http)
        var settingsV1 = settings.http
        settingsV1.isForOneRequest = false
        httpV1 = settings.http.isForOneRequest ? HTTPClient(settingsV1) : http
        self.agreement = agreement
        claim = settings.claim
    }

    /// Opens what the daemon opens, each into its target.
    /// - Parameter patience: how long one HTTP request may take.
    /// - Returns: for each, in order, why it was not opened.
    func ask(_ daemon: Daemon, _ openings: ArraySlice<Opening>, patience: Duration) throws(DaemonFailure)
        -> [SecretaryError?]
    {
        if !daemon.speaksOnlyV1 {
            if let errors = try askV2(daemon, openings, patience: patience) { return errors }
            guard daemon.lacksV2() else { throw DaemonFailure(status: 503, from: daemon.host) }
        }
        return try askV1(daemon, openings, patience: patience)
    }

    func post(
        _ daemon: Daemon, _ path: String, contentType: String, body: [UInt8], limit: Int, patience: Duration
    ) throws(DaemonFailure) -> HTTPResponse {
        let request = HTTPRequest(
            .post, url: HTTPURL.join(daemon.url, path), headers: [("Content-Type", contentType)], body: body,
            limit: limit + 64 << 10)
        do throws(SecretaryError) {
            let client = path == WireV1.path ? httpV1 : http
            return try client.send(request, timeout: patience)
        } catch {
            throw DaemonFailure(noAnswer: error)
        }
    }

    /// What it means that an answer is not as it should be.
    func failure(inAnswerOf daemon: Daemon, _ error: SecretaryError) -> DaemonFailure {
        DaemonFailure(
            noAnswer: SecretaryError(
                error.code, "the answer of \(daemon.host): \(error.message)",
                hint: error.code == .wrongKey ? "is --master-key or MASTER_PUBLIC_KEY the daemon's?" : error.hint))
    }
}

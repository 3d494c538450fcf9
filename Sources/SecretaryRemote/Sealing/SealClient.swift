public import SecretaryCore
internal import SystemPackage

/// Unseals a daemon, by the socket on its machine or by TLS.
public struct SealClient: Sendable {
    private let url: String
    private let http: HTTPClient
    private let timeout: Duration

    /// - Parameters:
    ///   - url: `unix:///run/x.sock` or `https://…`: whoever can change what is sent on the way could have the shares.
    ///   - timeout: of each request; trying a passphrase takes a while.
    public init(url: String, http: HTTPClient, timeout: Duration = .seconds(60)) {
        self.url = url
        self.http = http
        self.timeout = timeout
    }

    public func state() throws(SecretaryError) -> SealState { try send(.get, "", nil) }

    /// - Throws: what the daemon says is wrong with the share, and `.unavailable`, `.timedOut`.
    public func give(_ share: KeyShare, to state: SealState) throws(SecretaryError) -> SealState {
        try send(.post, "/share", share.sealed(to: state.session))
    }

    /// - Throws: what the daemon says is wrong with the passphrase, and `.unavailable`, `.timedOut`.
    public func give(passphrase: borrowing SecretBytes, to state: SealState) throws(SecretaryError) -> SealState {
        try send(.post, "/passphrase", SealedBox.seal(passphrase, to: state.session))
    }

    /// Takes the keys away from the daemon.
    public func seal() throws(SecretaryError) -> SealState { try send(.post, "", []) }

    private func send(_ method: HTTPMethod, _ path: String, _ box: [UInt8]?) throws(SecretaryError) -> SealState {
        let request = HTTPRequest(
            method, url: HTTPURL.join(url, "/v2/seal" + path),
            headers: method == .post ? [("Content-Type", "text/plain")] : [],
            body: box.map { Array($0.base64.utf8) }, limit: 64 << 10)
        let response = try http.send(request, timeout: timeout)
        let body = unsafe response.body.withUnsafeBytes { unsafe Array($0) }
        switch response.status {
        case 200: return try SealState(body)
        case 404:
            throw SecretaryError(
                .unavailable, "this daemon cannot be unsealed here", hint: "it has its keys, or listens elsewhere")
        default:
            throw SealClient.error(body)
                ?? SecretaryError(.unavailable, "the daemon answers with status \(response.status)")
        }
    }

    /// The error that the daemon describes.
    private static func error(_ body: [UInt8]) -> SecretaryError? {
        guard let root = try? ConfigFile.parse(body, path: "answer", format: .json).root,
            let error = root.child("error"), let word = error.child("code")?.literalText,
            let code = SecretaryError.Code.allCases.first(where: { "\($0)" == word }),
            let message = error.child("message")?.literalText
        else { return nil }
        return SecretaryError(code, message, hint: error.child("hint")?.literalText)
    }
}

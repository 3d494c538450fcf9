/// What is asked of an HTTP server.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// `http://…`, `https://…`, or `unix:///run/x.sock:/path` for a Unix socket (see `HTTPURL`).
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    /// A body that must not lie in ordinary memory; takes the place of `body`.
    public var secretBody: HTTPSecret?
    /// The largest answer that is accepted, in bytes.
    public var limit: Int
    /// How many redirects are followed.
    ///
    /// Secrets in headers would go with them, so a request with any follows none.
    public var redirects = 0
    public var authorization: HTTPAuthorization?
    /// Headers with secret values, such as tokens.
    public var secretHeaders: [(name: String, value: HTTPSecret)] = []

    public init(
        _ method: HTTPMethod = .get, url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        limit: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
    }
}

/// How a request proves who sends it.
public enum HTTPAuthorization: Sendable {
    /// RFC 7617.
    case basic(user: String, password: HTTPSecret)
    /// AWS Signature Version 4 (docs.aws.amazon.com, "Signing AWS API requests").
    ///
    /// A session token goes beside it, as the secret header `X-Amz-Security-Token`; it is signed, too.
    case aws(service: String, region: String, accessKeyID: String, secretAccessKey: HTTPSecret)
}

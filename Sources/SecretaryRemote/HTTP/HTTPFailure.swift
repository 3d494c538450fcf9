internal import CCurl
internal import SecretaryCore
internal import SystemPackage

/// Why a request has no answer, in words that name the server and never repeat what it said.
struct HTTPFailure {
    let error: SecretaryError

    init(_ status: CURLcode, _ text: String, url: HTTPURL, settings: HTTPSettings, timeout: Duration) {
        let host = url.host
        switch status {
        case CURLE_COULDNT_RESOLVE_HOST:
            error = SecretaryError(
                .unavailable, "cannot find \(host): no such name", hint: "check the URL, and the DNS")
        case CURLE_COULDNT_RESOLVE_PROXY:
            error = SecretaryError(
                .unavailable, "cannot find the proxy on the way to \(host)", hint: HTTPFailure.proxyHint)
        case CURLE_COULDNT_CONNECT:
            error = SecretaryError(.unavailable, "cannot connect to \(host): \(text)")
        case CURLE_PROXY:
            error = SecretaryError(.unavailable, "the proxy refuses to reach \(host)", hint: HTTPFailure.proxyHint)
        case CURLE_OPERATION_TIMEDOUT:
            error = .noAnswer(from: host, within: timeout)
        case CURLE_PEER_FAILED_VERIFICATION:
            error = SecretaryError(
                .unavailable, "\(host) cannot prove who it is: \(text)",
                hint: "name the file with the certificate authority that signed its certificate, if you trust that")
        case CURLE_SSL_CONNECT_ERROR:
            error = SecretaryError(.unavailable, "no TLS connection to \(host): \(text)")
        case CURLE_SSL_CACERT_BADFILE:
            error = SecretaryError(
                .noInput,
                "cannot read the certificate authorities in \(HTTPFailure.name(settings.certificateAuthorities))")
        case CURLE_SSL_CERTPROBLEM:
            error = SecretaryError(
                .noInput,
                "cannot use the client certificate \(HTTPFailure.name(settings.clientCertificate)) "
                    + "with the key \(HTTPFailure.name(settings.clientKey))",
                hint: "both are PEM files that belong together, the key without a passphrase")
        case CURLE_TOO_MANY_REDIRECTS:
            error = SecretaryError(.malformed, "\(host) redirects more often than is followed")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            error = .notHTTP(from: host)
        case CURLE_OUT_OF_MEMORY:
            error = SecretaryError(.system, "libcurl has no memory for a request to \(host)")
        case CURLE_URL_MALFORMAT:
            error = SecretaryError(.usage, "the URL of \(host) is malformed")
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            error = .brokenOff(by: host)
        default:
            error = SecretaryError(.unavailable, "the request to \(host) failed (libcurl's error \(status.rawValue))")
        }
    }

    private static let proxyHint = "see the variables http_proxy, HTTPS_PROXY, ALL_PROXY and NO_PROXY"

    private static func name(_ file: FilePath?) -> String { file?.string ?? "of the system" }
}

extension SecretaryError {
    static func noAnswer(from host: String, within timeout: Duration) -> SecretaryError {
        SecretaryError(.timedOut, "\(host) did not answer within \(timeout.seconds)")
    }

    static func notHTTP(from host: String) -> SecretaryError {
        SecretaryError(.malformed, "\(host) does not answer with HTTP")
    }

    static func brokenOff(by host: String) -> SecretaryError {
        SecretaryError(.unavailable, "\(host) broke off before the end of its answer")
    }
}

extension Duration {
    /// For messages.
    fileprivate var seconds: String {
        let (seconds, attoseconds) = components
        let tenths = attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(seconds) s" : "\(seconds).\(tenths) s"
    }
}

internal import Glibc
internal import SecretaryCore

/// HTTP/1.0 (RFC 1945) on a connection of its own: no TLS, no proxy, and an answer that ends with its length or the connection.
///
/// For programs that make one request and end, as `exec` does: loading libcurl takes them longer than all else that they do.
/// Whatever is not as plain as that is left to libcurl.
enum PlainHTTP {
    /// - Returns: `nil` when libcurl has to make the request: it, its URL or the settings ask for more than this can do, nobody
    ///   listens at the address, or the server wants another version of HTTP.
    /// - Throws: as `HTTPClient.send`.
    static func send(_ request: HTTPRequest, to url: HTTPURL, _ settings: HTTPSettings, timeout: Duration)
        throws(SecretaryError) -> HTTPResponse?
    {
        guard settings.isForOneRequest, request.isPlain, let place = place(of: url, settings),
            let connection = try PlainSocket.connect(to: place, host: url.host, timeout: timeout)
        else { return nil }
        try connection.send(try request.head(to: url, settings) + (request.body ?? []))
        var answer = try PlainAnswer(limit: request.limit, host: url.host)
        while !answer.isComplete, try answer.receive(from: connection) {}
        return try answer.response()
    }

    private static func place(of url: HTTPURL, _ settings: HTTPSettings) -> PlainPlace? {
        if let socket = url.socket { return PlainPlace(socket: socket) }
        guard url.text.hasPrefix("http://"), !url.authority.contains("@"), !settings.hasProxy else { return nil }
        return PlainPlace(authority: url.authority)
    }
}

extension HTTPURL {
    /// Host and port, and a name and a password if there are any.
    fileprivate var authority: Substring { text.dropFirst("http://".count).prefix { !"/?#".contains($0) } }

    /// What the server is asked for.
    fileprivate var target: String {
        let target = text[authority.endIndex...].prefix { $0 != "#" }
        return target.hasPrefix("/") ? String(target) : "/\(target)"
    }
}

extension HTTPRequest {
    fileprivate var isPlain: Bool {
        secretBody == nil && secretHeaders.isEmpty && authorization == nil && redirects == 0
    }

    /// The request up to the empty line.
    /// - Throws: `.usage` for a header that cannot be one.
    fileprivate func head(to url: HTTPURL, _ settings: HTTPSettings) throws(SecretaryError) -> [UInt8] {
        var lines = ["\(method.rawValue) \(url.target) HTTP/1.0", "Host: \(url.authority)", "Accept: */*"]
        lines.append(try HTTPRequest.line("User-Agent", settings.userAgent))
        for (name, value) in headers { lines.append(try HTTPRequest.line(name, value)) }
        if let body { lines.append("Content-Length: \(body.count)") }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }
}

extension HTTPSettings {
    fileprivate var hasProxy: Bool {
        switch proxy {
        case .none: false
        case .url: true
        case .environment:
            ["http_proxy", "all_proxy", "ALL_PROXY"].contains { (name: String) in unsafe getenv(name) != nil }
        }
    }
}

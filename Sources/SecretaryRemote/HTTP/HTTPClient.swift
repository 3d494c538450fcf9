internal import CCurl
public import SecretaryCore
internal import Synchronization

/// Makes HTTP requests and waits for their answers, on any number of threads.
///
/// Connections stay open for later requests, in a pool; they are closed when the client ends. A request that finds its kept
/// connection closed by the server is made once more on a new one; nothing else is repeated (see `Retry`).
public final class HTTPClient: Sendable {
    private let settings: HTTPSettings
    /// The handle used last is the next to be used: its connection is the most likely one to live.
    private let idle = Mutex<[CurlHandle]>([])

    /// Does not touch the network, nor load libcurl.
    public init(_ settings: HTTPSettings = HTTPSettings()) {
        self.settings = settings
    }

    /// Makes a request and waits for the whole answer.
    ///
    /// Every status is an answer, not an error.
    /// - Parameter timeout: from here to the last byte of the answer.
    /// - Throws: `.unavailable` when the server cannot be reached or breaks off, `.timedOut`, `.malformed` when the answer is
    ///   no HTTP or larger than the limit, `.noInput` for a file of the settings, `.usage` for what is no URL.
    public func send(_ request: HTTPRequest, timeout: Duration = .seconds(30)) throws(SecretaryError) -> HTTPResponse {
        let url = try HTTPURL(parsing: request.url)
        if let response = try PlainHTTP.send(request, to: url, settings, timeout: timeout) { return response }
        let handle = try takeHandle()
        let reception = try Reception(limit: request.limit)
        try settings.apply(to: handle)
        try request.apply(to: handle, url: url)
        handle.set(CURLOPT_TIMEOUT_MS, timeout.wholeMilliseconds)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, min(timeout, settings.connectTimeout).wholeMilliseconds)
        let result = unsafe request.withBody { body in unsafe handle.perform(body: body, into: reception) }
        guard result.status == CURLE_OK else {
            throw reception.error?.prefixed(url.host)
                ?? HTTPFailure(result.status, result.text, url: url, settings: settings, timeout: timeout).error
        }
        let response = HTTPResponse(
            status: handle.responseStatus, headers: reception.headers, body: try reception.body())
        handle.reset()
        idle.withLock { if $0.count < settings.idleConnections { $0.append(handle) } }
        return response
    }

    private func takeHandle() throws(SecretaryError) -> CurlHandle {
        if let handle = idle.withLock({ $0.popLast() }) { return handle }
        return try CurlHandle()
    }

    /// Closes the connections that are kept.
    public func closeIdleConnections() {
        idle.withLock { $0 = [] }
    }
}

extension Duration {
    /// At least one: to libcurl, zero is for ever.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

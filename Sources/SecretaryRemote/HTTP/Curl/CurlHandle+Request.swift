internal import CCurl
internal import SecretaryCore
internal import SystemPackage

// What a request and the settings of its client are to libcurl.

extension HTTPSettings {
    func apply(to handle: CurlHandle) throws(SecretaryError) {
        // Signals would interrupt whatever thread they meet; without them name resolution has a thread of its own.
        handle.set(CURLOPT_NOSIGNAL, 1)
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        // One copy of the answer fewer than with HTTP/2, and no answer without a header section.
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        handle.set(CURLOPT_HTTP09_ALLOWED, 0)
        handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        try handle.set(CURLOPT_USERAGENT, userAgent)
        switch proxy {
        case .environment: break
        case .none: try handle.set(CURLOPT_PROXY, "")
        case .url(let url): try handle.set(CURLOPT_PROXY, url)
        }
        if let certificateAuthorities {
            try handle.set(CURLOPT_CAINFO, certificateAuthorities.string)
            // The system's are in a folder, too, which would be believed beside the file.
            handle.clear(CURLOPT_CAPATH)
        }
        if let clientCertificate { try handle.set(CURLOPT_SSLCERT, clientCertificate.string) }
        if let clientKey { try handle.set(CURLOPT_SSLKEY, clientKey.string) }
    }
}

extension HTTPRequest {
    func apply(to handle: CurlHandle, url: HTTPURL) throws(SecretaryError) {
        try handle.set(CURLOPT_URL, url.text)
        if let socket = url.socket { try handle.set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        if method != .get || hasBody {
            handle.set(CURLOPT_POST, 1)
            if method != .post { try handle.set(CURLOPT_CUSTOMREQUEST, method.rawValue) }
        }
        let followed = secretHeaders.isEmpty ? redirects : 0
        handle.set(CURLOPT_FOLLOWLOCATION, followed > 0 ? 1 : 0)
        handle.set(CURLOPT_MAXREDIRS, followed)
        try applyHeaders(to: handle)
        switch authorization {
        case nil: break
        case .basic(let user, let password):
            handle.set(CURLOPT_HTTPAUTH, HTTPRequest.basicAuthentication)
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, password.bytes)
        case .aws(let service, let region, let accessKeyID, let secretAccessKey):
            try handle.set(CURLOPT_AWS_SIGV4, "aws:amz:\(region):\(service)")
            try handle.set(CURLOPT_USERNAME, accessKeyID)
            // libcurl's copy is zeroed when the request is over.
            try handle.set(CURLOPT_PASSWORD, secretAccessKey.bytes)
        }
    }

    private func applyHeaders(to handle: CurlHandle) throws(SecretaryError) {
        for (name, value) in headers { try handle.add(header: try HTTPRequest.line(name, value)) }
        for (name, value) in secretHeaders { try handle.add(header: try HTTPRequest.line(name, value.bytes)) }
        // libcurl would sign the lines below as headers that it then does not send (7.88).
        if case .aws = authorization { return }
        // Its own, which nobody asked for, are left out: a type for every body, and a pause before large ones.
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            try handle.add(header: "Content-Type:")
        }
        try handle.add(header: "Expect:")
    }

    /// `CURLAUTH_BASIC`, which is a macro.
    private static let basicAuthentication = 1 << 0

    private var hasBody: Bool { body != nil || secretBody != nil }

    /// Lends the body; a method other than GET has an empty one when there is none.
    func withBody<Result>(_ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        if let secretBody { return unsafe secretBody.bytes.withUnsafeBytes { unsafe body($0) } }
        guard method != .get || hasBody else { return body(nil) }
        return unsafe (self.body ?? []).withUnsafeBytes { unsafe body($0) }
    }

    /// - Throws: `.usage` for a line break, with which somebody could add a header of his own.
    static func line(_ name: String, _ value: String) throws(SecretaryError) -> String {
        guard isSafe(name.utf8), isSafe(value.utf8) else { throw unsafeHeader(name) }
        // A header without a value is written with a semicolon; with a colon libcurl would leave it out.
        return value.isEmpty ? "\(name);" : "\(name): \(value)"
    }

    private static func line(_ name: String, _ value: borrowing SecretBytes) throws(SecretaryError) -> SecretBytes {
        let prefix = Array("\(name): ".utf8)
        let isValueSafe = unsafe value.withUnsafeBytes { unsafe isSafe($0) }
        guard isSafe(prefix), isValueSafe else { throw unsafeHeader(name) }
        return try unsafe SecretBytes(count: prefix.count + value.count) { target in
            unsafe target.copyBytes(from: prefix)
            unsafe value.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: source)
            }
        }
    }

    private static func isSafe(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private static func unsafeHeader(_ name: String) -> SecretaryError {
        SecretaryError(
            .usage, "the value of the header \(name.prefix { $0.isLetter || $0 == "-" }) has a control character")
    }
}

public import SecretaryCore

/// The parts of a URL that matter to a client.
///
/// Beside `http` and `https` there is `unix:///run/x.sock:/path`, plain HTTP over a Unix socket: the path of the socket, which
/// holds no colon, then after a colon the path on the server. Without the colon the path on the server is `/`.
public struct HTTPURL: Sendable {
    /// What libcurl is given.
    let text: String
    /// Path of the Unix socket, if it is one.
    let socket: String?
    /// Where the request goes, for messages: host and port without user, password and path, or the socket.
    public let host: String

    /// - Throws: `.usage` for other schemes, and for what is no URL.
    public init(parsing url: String) throws(SecretaryError) {
        guard !url.isEmpty, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw HTTPURL.wrong("holds a character that a URL cannot")
        }
        guard let separator = url.firstRange(of: "://") else { throw HTTPURL.wrong("has no scheme") }
        let rest = url[separator.upperBound...]
        switch url[..<separator.lowerBound].lowercased() {
        case "http", "https":
            let authority = rest.prefix { !"/?#".contains($0) }
            let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            guard !host.isEmpty, !host.hasPrefix(":") else { throw HTTPURL.wrong("names no host") }
            self.host = String(host)
            text = url
            socket = nil
        case "unix":
            let path = rest.prefix { $0 != ":" }
            guard path.hasPrefix("/"), path.count > 1 else { throw HTTPURL.wrong("names no socket") }
            let target = rest[path.endIndex...].dropFirst()
            guard target.isEmpty || target.hasPrefix("/") else {
                throw HTTPURL.wrong("has something after the socket that is no path")
            }
            host = "unix://\(path)"
            socket = String(path)
            text = "http://localhost" + (target.isEmpty ? "/" : target)
        default: throw HTTPURL.wrong("has a scheme that is not http, https or unix")
        }
    }

    /// The URL of `path`, which begins with a slash, on the server that `base` names, below its own path.
    public static func join(_ base: String, _ path: String) -> String {
        var base = Substring(base)
        while base.hasSuffix("/") { base = base.dropLast() }
        let isSocket = base.lowercased().hasPrefix("unix://")
        return base + (isSocket && !base.dropFirst("unix://".count).contains(":") ? ":" : "") + path
    }

    /// URLs may hold passwords, so messages do not repeat them.
    private static func wrong(_ problem: String) -> SecretaryError {
        SecretaryError(
            .usage, "a URL \(problem)",
            hint: "URLs look like https://host:port/path, or unix:///run/x.sock:/path for a Unix socket")
    }
}

extension HTTPURL {
    /// A host of `host` without its port.
    static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return host }
        return String(host[..<colon])
    }
}

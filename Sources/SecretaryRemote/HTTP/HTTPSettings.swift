public import SystemPackage

/// How a client reaches servers.
public struct HTTPSettings: Sendable {
    /// PEM file with the certificate authorities that are trusted; `nil` for the system's.
    public var certificateAuthorities: FilePath?
    /// PEM files of the certificate that the client shows, and of its private key.
    public var clientCertificate: FilePath?
    public var clientKey: FilePath?
    public var proxy = Proxy.environment
    /// How long making a connection may take; a request's whole time limits it, too.
    public var connectTimeout: Duration = .seconds(5)
    public var userAgent = "secretary"
    /// How many connections are kept open for later requests while nothing is asked.
    public var idleConnections = 32
    /// Whether there is one request to be made, by a program that then ends: it is made without libcurl if it is plain HTTP to a
    /// numeric address or a Unix socket, because loading libcurl takes several milliseconds.
    public var isForOneRequest = false

    public init() {}

    public enum Proxy: Sendable, Hashable {
        /// `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as curl reads them.
        case environment
        case none
        /// `http://host:port`, `https://…`, `socks5h://…`.
        case url(String)
    }
}

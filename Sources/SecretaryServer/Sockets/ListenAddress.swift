package import SecretaryCore
package import SystemPackage

/// Where a server listens: an address with a port, or a socket in the file system.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    case network(ip: String, port: Int)
    case local(FilePath)

    /// The port of the original's daemon.
    package static let defaultPort = 5070

    /// Reads `127.0.0.1:5070`, `[::1]:5070`, `localhost`, or `unix:/run/secretaryd.sock`.
    package init(parsing text: String) throws(SecretaryError) {
        if text.hasPrefix("unix:") {
            let path = FilePath(String(text.dropFirst("unix:".count)))
            guard path.isAbsolute, path.string.utf8.count < 108 else {
                throw SecretaryError(.usage, "\"\(text)\" is no absolute path of at most 107 bytes behind unix:")
            }
            self = .local(path)
            return
        }
        var (ip, port) = (text[...], Substring())
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            ip = text[text.index(after: text.startIndex)..<end]
            port = text[text.index(after: end)...]
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            (ip, port) = (text[..<colon], text[colon...])
        }
        guard port.isEmpty || port.hasPrefix(":") else { throw Self.malformed(text) }
        let number = port.isEmpty ? Self.defaultPort : Int(port.dropFirst())
        guard let number, (0...65535).contains(number) else { throw Self.malformed(text) }
        try self.init(ip: String(ip), port: number)
    }

    package init(ip: String, port: Int) throws(SecretaryError) {
        let ip = ip == "localhost" ? "127.0.0.1" : ip
        guard Self.isAddress(ip) else { throw Self.malformed(ip) }
        self = .network(ip: ip, port: port)
    }

    private static func malformed(_ text: String) -> SecretaryError {
        SecretaryError(
            .usage, "\"\(text)\" is no address to listen at",
            hint: "write 127.0.0.1:5070, [::1]:5070, or unix:/run/secretaryd.sock")
    }

    package var description: String {
        switch self {
        case .network(let ip, let port): ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
        case .local(let path): "unix:\(path)"
        }
    }
}

internal import Glibc

/// Where a server is, if it can be told without asking a name server: a numeric address, or a Unix socket.
@safe struct PlainPlace {
    private var storage = sockaddr_storage()
    private let count: socklen_t
    let family: Int32

    /// - Parameter authority: host and port of a URL.
    init?(authority: Substring) {
        let hostEnd: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            hostEnd = authority.index(after: bracket)
        } else {
            hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let port = authority[hostEnd...].isEmpty ? "80" : authority[hostEnd...].dropFirst()
        guard authority[hostEnd...].isEmpty || authority[hostEnd] == ":", let port = UInt16(port) else { return nil }
        var host = authority[..<hostEnd]
        if host.hasPrefix("[") { host = host.dropFirst().dropLast() }
        if host == "localhost" { host = "127.0.0.1" }
        var ipv4 = sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: in_addr(),
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
        var ipv6 = sockaddr_in6(
            sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0, sin6_addr: in6_addr(),
            sin6_scope_id: 0)
        if unsafe inet_pton(AF_INET, String(host), &ipv4.sin_addr) == 1 {
            family = AF_INET
            count = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeBytes(of: ipv4) { address in
                unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: address) }
            }
        } else if unsafe inet_pton(AF_INET6, String(host), &ipv6.sin6_addr) == 1 {
            family = AF_INET6
            count = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeBytes(of: ipv6) { address in
                unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: address) }
            }
        } else {
            return nil
        }
    }

    /// - Parameter path: of a Unix socket; `nil` comes of one that is too long.
    init?(socket path: String) {
        let offset = MemoryLayout<sa_family_t>.size
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout<sockaddr_un>.size - offset else { return nil }
        family = AF_UNIX
        count = socklen_t(MemoryLayout<sockaddr_un>.size)
        storage.ss_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &storage) { storage in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[offset...]).copyBytes(from: bytes)
        }
    }

    /// Lends the address as the system takes it.
    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, count) }
        }
    }
}

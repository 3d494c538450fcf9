internal import Glibc
internal import SystemPackage

/// An address of a socket as the C library has it.
struct SocketAddress: CustomStringConvertible {
    private var storage = sockaddr_storage()
    private var size: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    init(_ address: ListenAddress) {
        switch address {
        case .network(let ip, let port):
            var four = sockaddr_in()
            if unsafe inet_pton(AF_INET, ip, &four.sin_addr) == 1 {
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = in_port_t(port).bigEndian
                size = socklen_t(MemoryLayout<sockaddr_in>.size)
                copy(four)
            } else {
                var six = sockaddr_in6()
                _ = unsafe inet_pton(AF_INET6, ip, &six.sin6_addr)
                six.sin6_family = sa_family_t(AF_INET6)
                six.sin6_port = in_port_t(port).bigEndian
                size = socklen_t(MemoryLayout<sockaddr_in6>.size)
                copy(six)
            }
        case .local(let path):
            var local = sockaddr_un()
            local.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &local.sun_path) {
                unsafe $0.copyBytes(from: path.string.utf8.prefix(107))
            }
            size = socklen_t(MemoryLayout<sockaddr_un>.size)
            copy(local)
        }
    }

    /// The address that a socket is bound to.
    init?(of socket: Int32) {
        size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &size) }
        }
        guard status == 0 else { return nil }
    }

    private mutating func copy<Address>(_ address: Address) {
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe withUnsafeBytes(of: address) { unsafe target.copyMemory(from: $0) }
        }
    }

    func bind(_ socket: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.bind(socket, $0, size) }
    }

    func connect(_ socket: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.connect(socket, $0, size) }
    }

    private func withPointer(_ body: (UnsafePointer<sockaddr>) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }

    /// Whether only this machine can reach it.
    var isLocal: Bool {
        switch family {
        case AF_UNIX: true
        case AF_INET: text.hasPrefix("127.")
        case AF_INET6: text == "::1"
        default: false
        }
    }

    var description: String {
        switch family {
        case AF_UNIX: "unix:\(text)"
        case AF_INET6: "[\(text)]:\(port)"
        default: "\(text):\(port)"
        }
    }

    private var port: UInt16 {
        // In the same place in both families.
        unsafe withUnsafeBytes(of: storage) { UInt16(bigEndian: unsafe $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }

    /// The address without its port, or the path.
    private var text: String {
        unsafe withUnsafeBytes(of: storage) { bytes in
            let offset = family == AF_INET ? 4 : family == AF_INET6 ? 8 : 2
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard family != AF_UNIX else { return unsafe String(decoding: rest.prefix { $0 != 0 }, as: UTF8.self) }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            unsafe inet_ntop(family, rest.baseAddress, &text, socklen_t(text.count))
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

extension ListenAddress {
    /// Whether the text is an address of IPv4 or IPv6.
    static func isAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        let isFour = unsafe inet_pton(AF_INET, text, &four) == 1
        return unsafe isFour || inet_pton(AF_INET6, text, &six) == 1
    }
}

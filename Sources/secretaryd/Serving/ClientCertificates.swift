import NIOCore
import NIOSSL
import SecretaryCore

/// Which clients are let in, by the names in their certificates (RFC 5280, section 4.2.1.6).
struct ClientCertificates: Sendable {
    /// Patterns for DNS names, URIs and e-mail addresses; any certificate of the CA will do when there are none.
    let names: [Glob]

    /// - Parameter certificate: one that the CA vouches for.
    func allow(_ certificate: NIOSSLCertificate) -> Bool {
        guard !names.isEmpty else { return true }
        return certificate._subjectAlternativeNames().contains { name in
            guard [.dnsName, .uri, .email].contains(name.nameType) else { return false }
            let text = unsafe name.contents.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            return names.contains { $0.matches(text) }
        }
    }
}

enum ClientRefused: Error {
    /// The certificate has none of the names that are let in.
    case unknownName
}

import NIOCore
import NIOSSL
import SecretaryCore
import SystemPackage

/// TLS for connections, with the certificate of one moment.
struct TLSServer: Sendable {
    private let context: NIOSSLContext
    private let clients: ClientCertificates?

    /// Reads the files.
    /// - Throws: `.noInput` or `.configuration`, naming the file.
    init(_ settings: TLSSettings) throws(SecretaryError) {
        let certificates = try Self.read("certificate", settings.certificate) {
            try NIOSSLCertificate.fromPEMFile($0)
        }
        let key = try Self.read("key", settings.key) { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let authority = settings.clientCA {
            configuration.trustRoots = .certificates(
                try Self.read("CA for clients", authority) { try NIOSSLCertificate.fromPEMFile($0) })
            configuration.certificateVerification = .noHostnameVerification
            clients = ClientCertificates(names: settings.clientNames)
        } else {
            clients = nil
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SecretaryError(
                .configuration, "cannot use the certificate \(settings.certificate) with the key \(settings.key)",
                hint: "the key has to be the certificate's")
        }
    }

    private static func read<Content>(
        _ what: String, _ path: FilePath, _ body: (String) throws -> Content
    ) throws(SecretaryError) -> Content {
        do {
            return try body(path.string)
        } catch let error as IOError {
            throw SecretaryError(.noInput, "cannot read the \(what) \(path): \(Errno(rawValue: error.errnoCode))")
        } catch {
            throw SecretaryError(.configuration, "the \(what) \(path) cannot be used", hint: "it has to be PEM")
        }
    }

    /// What decrypts one connection.
    func handler() -> NIOSSLServerHandler {
        guard let clients else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler._makeSSLServerHandler(context: context) { certificate, channel in
            clients.allow(certificate)
                ? channel.eventLoop.makeSucceededVoidFuture()
                : channel.eventLoop.makeFailedFuture(ClientRefused.unknownName)
        }
    }
}

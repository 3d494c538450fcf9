import Foundation
import SecretaryCore
import SecretaryRemote
import SystemPackage
import TestSupport
import Testing

/// `Programs/http_server.py` beside a test.
enum WebServer {
    static let programs = FilePath(Bundle.module.bundleURL.appending(path: "Programs").path)

    static func run<Result: Sendable>(
        _ arguments: [String] = [], _ body: (PythonServer) async throws -> Result
    ) async throws -> Result {
        try await PythonServer.run(programs.appending("http_server.py"), arguments, body)
    }

    /// What the server says about the request that it got.
    struct Echo: Decodable {
        let method: String
        let path: String
        let headers: [[String]]
        let body: Data
        /// The same for all requests of one connection.
        let connection: Int
        /// The common name in the client's certificate.
        let certificate: String?

        func header(_ name: String) -> [String] {
            headers.filter { $0[0].lowercased() == name.lowercased() }.map { $0[1] }
        }
    }
}

extension HTTPResponse {
    var array: [UInt8] { unsafe body.withUnsafeBytes { unsafe Array($0) } }
    var echo: WebServer.Echo { get throws { try JSONDecoder().decode(WebServer.Echo.self, from: Data(array)) } }
}

// Answers cannot be copied, so that #expect cannot look at them.
extension HTTPClient {
    func echo(_ request: HTTPRequest) throws -> WebServer.Echo { try send(request).echo }
    func status(_ request: HTTPRequest) throws -> Int { try send(request).status }
    func bytes(_ request: HTTPRequest) throws -> [UInt8] { try send(request).array }

    /// The error of a request that has to fail.
    func failure(_ request: HTTPRequest, timeout: Duration = .seconds(120)) throws -> SecretaryError {
        do throws(SecretaryError) {
            let response = try send(request, timeout: timeout)
            throw SecretaryError(.usage, "status \(response.status) where an error was expected")
        } catch {
            return error
        }
    }
}

extension HTTPSecret {
    convenience init(_ text: String) throws {
        let bytes = Array(text.utf8)
        self.init(try unsafe SecretBytes(count: bytes.count) { unsafe $0.copyBytes(from: bytes) })
    }
}

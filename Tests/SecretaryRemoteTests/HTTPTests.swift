import SecretaryCore
import SecretaryRemote
import TestSupport
import Testing

private let hasPython = PythonServer.python != nil

@Suite("HTTP", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct HTTPTests {
    @Test(
        "method, headers and body arrive, and nothing that nobody asked for", arguments: [HTTPMethod.get, .post, .put])
    func request(_ method: HTTPMethod) async throws {
        try await WebServer.run { server in
            let body: [UInt8]? = method == .get ? nil : [0, 1, 255]
            let request = HTTPRequest(
                method, url: server.url + "/echo?a=b", headers: [("X-One", "1"), ("X-Two", "zwei ✓")], body: body)
            let response = try HTTPClient().send(request)
            #expect(response.status == 200)
            let echo = try response.echo
            #expect(echo.method == method.rawValue)
            #expect(echo.path == "/echo?a=b")
            #expect(echo.header("X-One") == ["1"])
            #expect(Array(echo.body) == body ?? [])
            let known = ["host", "user-agent", "accept", "content-length", "x-one", "x-two"]
            #expect(echo.headers.allSatisfy { known.contains($0[0].lowercased()) }, "\(echo.headers)")
            #expect(echo.header("User-Agent") == ["secretary"])
        }
    }

    @Test("secret headers, a secret body and a password arrive")
    func secrets() async throws {
        try await WebServer.run { server in
            var request = HTTPRequest(.post, url: server.url + "/echo", headers: [("Content-Type", "text/plain")])
            request.secretHeaders = [("X-Token", try HTTPSecret("tok:en"))]
            request.secretBody = try HTTPSecret("a body")
            request.authorization = .basic(user: "me", password: try HTTPSecret("pass:word"))
            let client = HTTPClient()
            let echo = try client.echo(request)
            #expect(echo.header("X-Token") == ["tok:en"])
            #expect(echo.header("Authorization") == ["Basic bWU6cGFzczp3b3Jk"])
            #expect(echo.header("Content-Type") == ["text/plain"])
            #expect(Array(echo.body) == Array("a body".utf8))
            // The next request on the same connection has none of it.
            let next = try client.echo(HTTPRequest(url: server.url + "/echo"))
            #expect(next.connection == echo.connection)
            #expect(next.header("X-Token").isEmpty && next.header("Authorization").isEmpty && next.body.isEmpty)
        }
    }

    @Test("every status is an answer, with its headers and body", arguments: [200, 404, 500])
    func status(_ status: Int) async throws {
        try await WebServer.run { server in
            let response = try HTTPClient().send(HTTPRequest(.post, url: "\(server.url)/status/\(status)"))
            #expect(response.status == status)
            #expect(response.header("x-reason") == "why")
            #expect(response.array == Array("reason".utf8))
        }
    }

    @Test("answers of every size up to the limit are whole, whether or not their size is said before")
    func sizes() async throws {
        try await WebServer.run { server in
            let client = HTTPClient()
            for count in [0, 1, 4095, 4096, 4097, 1_000_000] {
                let request = HTTPRequest(url: "\(server.url)/bytes/\(count)", limit: count)
                let body = try client.bytes(request)
                #expect(body == [UInt8](repeating: 120, count: count))
            }
            let request = HTTPRequest(url: "\(server.url)/chunks/1000", limit: 1_000_000)
            let count = try client.bytes(request).count
            #expect(count == 1_000_000)
        }
    }

    @Test(
        "an answer beyond the limit is refused while it comes in",
        arguments: ["bytes/101", "chunks/1", "endless", "endless-headers"])
    func tooLarge(_ path: String) async throws {
        try await WebServer.run { server in
            let error = try HTTPClient().failure(HTTPRequest(url: "\(server.url)/\(path)", limit: 100))
            #expect(error.code == .malformed)
            #expect(error.message.hasPrefix("127.0.0.1:\(server.port): the answer"))
        }
    }

    @Test(
        "a server that does not keep to the rules",
        arguments: [
            ("truncated", SecretaryError.Code.unavailable), ("nothing", .unavailable), ("garbage", .malformed),
            ("slow", .timedOut), ("dripping", .timedOut),
        ])
    func misbehaviour(_ path: String, _ code: SecretaryError.Code) async throws {
        try await WebServer.run { server in
            let start = ContinuousClock.now
            let error = try HTTPClient().failure(
                HTTPRequest(url: "\(server.url)/\(path)"),
                timeout: code == .timedOut ? .milliseconds(700) : .seconds(120))
            #expect(error.code == code, "\(error)")
            // Both would take half a minute and more.
            if code == .timedOut { #expect(ContinuousClock.now - start < .seconds(25)) }
            #expect(error.message.contains("127.0.0.1:\(server.port)"))
            #expect(!error.message.contains("secret") && !error.message.contains("hunter2"))
        }
    }

    @Test("redirects are followed only as often as asked, never with secrets, and only to HTTP")
    func redirects() async throws {
        try await WebServer.run { server in
            let client = HTTPClient()
            var request = HTTPRequest(url: server.url + "/redirect/2")
            #expect(try client.status(request) == 302)
            request.redirects = 1
            #expect(try client.failure(request).message.contains("redirects"))
            request.redirects = 2
            let response = try client.send(request)
            #expect(response.status == 200)
            #expect(response.header("Location") == nil)
            request.secretHeaders = [("X-Token", try HTTPSecret("token"))]
            #expect(try client.status(request) == 302)
            var toFile = HTTPRequest(url: server.url + "/redirect-to-file")
            toFile.redirects = 5
            #expect(try client.failure(toFile).code == .malformed)
        }
    }

    @Test(
        "who is not there is named", arguments: ["http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "unix:///nowhere:/x"])
    func refused(_ url: String) throws {
        let error = try HTTPClient().failure(HTTPRequest(url: url))
        #expect(error.code == .unavailable)
        #expect(error.message.contains(url.hasPrefix("unix") ? "unix:///nowhere" : "127.0.0.1:1"))
    }

    @Test(
        "a line break in a header is refused: somebody could add one of his own",
        arguments: ["a\r\nB: c", "a\nb", "a\0b"])
    func headerInjection(_ value: String) throws {
        var request = HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X-One", value)])
        #expect(try HTTPClient().failure(request).code == .usage)
        request.headers = []
        request.secretHeaders = [("X-One", try HTTPSecret(value))]
        #expect(try HTTPClient().failure(request).code == .usage)
    }
}

import SecretaryCore
import SecretaryRemote
import SystemPackage
import TestSupport
import Testing

private let hasPython = PythonServer.python != nil

@Suite("HTTP connections", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct HTTPConnectionTests {
    @Test("requests one after the other share a connection; at the same time each has one, which is kept")
    func reuse() async throws {
        try await WebServer.run { server in
            let client = HTTPClient()
            let request = HTTPRequest(.post, url: server.url + "/echo", body: [1])
            var connections: Set<Int> = []
            for _ in 0..<20 { connections.insert(try client.echo(request).connection) }
            #expect(connections.count == 1)
            let parallel = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try client.echo(request).connection } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(parallel.count <= 8)
            client.closeIdleConnections()
            let next = try client.echo(request).connection
            #expect(!parallel.contains(next))
        }
    }

    @Test("a kept connection that the server has closed meanwhile is replaced")
    func closed() async throws {
        try await WebServer.run { server in
            let client = HTTPClient()
            for _ in 0..<5 {
                let status = try client.status(HTTPRequest(.post, url: server.url + "/hang-up", body: [1]))
                #expect(status == 200)
            }
        }
    }

    @Test("no program that is started inherits a connection")
    func descriptors() async throws {
        try await WebServer.run { server in
            let client = HTTPClient()
            _ = try client.send(HTTPRequest(url: server.url + "/echo"))
            let listing = try await Command.run("ls", ["-l", "/proc/self/fd"])
            #expect(!listing.text.contains("socket:"), "\(listing.text)")
            client.closeIdleConnections()
        }
    }

    @Test("over a Unix socket")
    func unixSocket() async throws {
        let scratch = try Scratch("http")
        let socket = scratch["x.sock"].string
        try await WebServer.run(["--unix", socket]) { _ in
            let client = HTTPClient()
            let echo = try client.echo(HTTPRequest(.post, url: "unix://\(socket):/echo/a?b=c", body: [7]))
            #expect(echo.path == "/echo/a?b=c")
            #expect(Array(echo.body) == [7])
            #expect(try client.echo(HTTPRequest(url: "unix://\(socket)")).path == "/")
            #expect(
                try client.echo(HTTPRequest(url: HTTPURL.join("unix://\(socket)", "/v1/status"))).path
                    == "/v1/status")
        }
    }

    @Test("over a proxy, unless there is to be none")
    func proxy() async throws {
        try await WebServer.run { server in
            var settings = HTTPSettings()
            settings.proxy = .url(server.url)
            let far = HTTPRequest(url: "http://far.invalid/echo")
            #expect(try HTTPClient(settings).echo(far).path == "http://far.invalid/echo")
            settings.proxy = .none
            let error = try HTTPClient(settings).failure(far)
            #expect(error.code == .unavailable)
            #expect(error.message.contains("cannot find far.invalid"))
        }
    }

    @Test(
        "what is no URL is refused, without repeating what may be a password",
        arguments: [
            "", "x", "http://", "http:///path", "http://:80/", "ftp://host/", "file:///etc/passwd", "unix://x",
            "unix:///",
            "unix:///x:y", "http://user:hunter2@", "http://ho st/", "http://host/\n", "gopher://user:hunter2@host",
        ])
    func wrongURL(_ url: String) throws {
        let error = try HTTPClient().failure(HTTPRequest(url: url))
        #expect(error.code == .usage)
        #expect(!error.message.contains("hunter2"))
    }

    @Test(
        "a path is put behind a base",
        arguments: [
            ("https://a", "https://a/v1"), ("https://a/", "https://a/v1"), ("https://a/b//", "https://a/b/v1"),
            ("unix:///x.sock", "unix:///x.sock:/v1"), ("unix:///x.sock:", "unix:///x.sock:/v1"),
            ("unix:///x.sock:/b/", "unix:///x.sock:/b/v1"),
        ])
    func join(_ base: String, _ joined: String) {
        #expect(HTTPURL.join(base, "/v1") == joined)
    }
}

@Suite("HTTP over TLS", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct HTTPSTests {
    private let scratch: Scratch
    private var settings = HTTPSettings()

    init() async throws {
        scratch = try Scratch("tls")
        let python = try #require(PythonServer.python)
        try await Command.check(python, [WebServer.programs.appending("certificates.py").string, scratch.path.string])
        settings.certificateAuthorities = scratch["ca.pem"]
    }

    private func echo(_ server: PythonServer, _ settings: HTTPSettings) throws -> WebServer.Echo {
        try HTTPClient(settings).echo(HTTPRequest(url: "https://127.0.0.1:\(server.port)/echo"))
    }

    private func failure(_ server: PythonServer, _ settings: HTTPSettings, host: String = "127.0.0.1") throws
        -> SecretaryError
    {
        try HTTPClient(settings).failure(HTTPRequest(url: "https://\(host):\(server.port)/echo"))
    }

    @Test("a server is believed when its certificate is of a known authority, and for its name")
    func authorities() async throws {
        try await WebServer.run(["--tls", scratch.path.string]) { server in
            #expect(try echo(server, settings).method == "GET")
            var other = settings
            other.certificateAuthorities = scratch["other-ca.pem"]
            #expect(try failure(server, other).message.contains("cannot prove who it is"))
            #expect(try failure(server, HTTPSettings()).code == .unavailable)
            #expect(try failure(server, settings, host: "localhost").message.contains("cannot prove who it is"))
            other.certificateAuthorities = scratch["nowhere.pem"]
            let missing = try failure(server, other)
            #expect(missing.code == .noInput)
            #expect(missing.message.contains("nowhere.pem"))
        }
    }

    @Test("a server that wants a certificate gets the client's")
    func clientCertificate() async throws {
        try await WebServer.run(["--tls", scratch.path.string, "--client-certificates"]) { server in
            #expect(try failure(server, settings).code == .unavailable)
            var known = settings
            known.clientCertificate = scratch["client.pem"]
            known.clientKey = scratch["client.key"]
            #expect(try echo(server, known).certificate == "a client")
            known.clientKey = scratch["server.key"]
            let mixed = try failure(server, known)
            #expect(mixed.code == .noInput)
            #expect(mixed.message.contains("client.pem"))
        }
    }
}

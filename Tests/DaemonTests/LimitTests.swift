import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import secretaryd

@Suite("Daemon: limits", .serialized)
struct LimitTests {
    private struct Idle: Decodable {
        let statuses: [Int]
        let slowest: Double
        let dripping: Int
        let ended: Int
    }

    @Test(
        "10,000 connections that say nothing, or never finish, hinder nobody, and are closed", .timeLimit(.minutes(15)))
    func idleConnections() async throws {
        let setup = try DaemonSetup()
        try setup.configure(limits: ["idle: 15s", "body: 10s"])
        let own = try String(decoding: setup.envelope(scope: "/prod/shop/web").text, as: UTF8.self)
        try await setup.withDaemon { daemon in
            let input = try setup.setup(port: daemon.port, ["own": own, "count": 10_000, "patience": 120])
            let result = try await DaemonSetup.python("idle.py", input: input)
            #expect(result.errors == "")
            let seen = try JSONDecoder().decode(Idle.self, from: Data(result.output))
            #expect(seen.statuses == [200])
            #expect(seen.slowest < 30)
            #expect(seen.dripping == 6)
            #expect(seen.ended == 10_000)
            #expect(try await daemon.metric("secretaryd_connections_slow_total") >= 9_990)
            #expect(try daemon.memory() < 600 << 10)
        }
    }

    @Test("more connections than allowed are closed at once, and there is room again when one ends")
    func connections() async throws {
        let setup = try DaemonSetup()
        try setup.configure(limits: ["connections: 10"])
        let script = """
            import socket, sys, time
            def connect():
                return socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
            def answer(connection):
                try:
                    connection.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                    return connection.recv(1000).split(b"\\r\\n")[0].decode()
                except ConnectionError:
                    return ""
            kept = [connect() for _ in range(10)]
            print([answer(connection) for connection in kept].count("HTTP/1.1 200 OK"), repr(answer(connect())))
            kept.pop().close()
            while not answer(connect()): time.sleep(0.01)
            print([answer(connection) for connection in kept].count("HTTP/1.1 200 OK"))
            """
        try await setup.withDaemon { daemon in
            let result = try await Command.run("python3", ["-c", script, "\(daemon.port)"])
            #expect(result.text == "10 ''\n9\n", "\(result.errors)")
        }
    }

    private struct Flood: Decodable {
        let statuses: [String: Int]
        let wrong: Int
        let lost: Int
    }

    /// Requests of one task, and what came of them.
    private func flood(
        _ setup: DaemonSetup, _ daemon: RunningDaemon, clients: Int, seconds: Double, claim: [String]? = nil
    ) async throws -> Flood {
        let own = try String(decoding: setup.envelope(scope: "/prod/shop/web").text, as: UTF8.self)
        var more: [String: Any] = [
            "own": own, "plaintext": DaemonSetup.canary, "clients": clients, "seconds": seconds,
            "stop": setup.scratch["stop"].string,
        ]
        if let claim { more["claim"] = claim }
        let input = try setup.setup(port: daemon.port, more)
        let result = try await DaemonSetup.python("load.py", input: input)
        try #require(result.errors == "")
        return try JSONDecoder().decode(Flood.self, from: Data(result.output))
    }

    @Test("a task that asks too often is told when to come back, and another is not hindered")
    func taskRate() async throws {
        let setup = try DaemonSetup()
        try setup.configure(limits: ["task-rate: 5"])
        try await setup.withDaemon { daemon in
            async let greedy = flood(setup, daemon, clients: 4, seconds: 2)
            async let modest = flood(setup, daemon, clients: 1, seconds: 2, claim: ["/prod/shop/web", "1", "web.2"])
            let (many, few) = try await (greedy, modest)
            #expect(many.statuses["429", default: 0] > 0)
            #expect((5...100).contains(many.statuses["200", default: 0]))
            #expect(few.statuses["200", default: 0] >= min(5, few.statuses.values.reduce(0, +)))
            #expect(few.wrong == 0 && few.lost == 0 && many.lost == 0)
            // What is refused takes no room from what is remembered of everybody.
            let answered = many.statuses["200", default: 0] + few.statuses["200", default: 0]
            #expect(try await daemon.metric("secretaryd_nonces") == Double(answered))
        }
    }

    @Test("more requests than all together may send are refused with 503 and Retry-After")
    func rate() async throws {
        let setup = try DaemonSetup()
        try setup.configure(limits: ["rate: 5"])
        let exchange = try RecordedExchange()
        try await setup.withDaemon { daemon in
            // One after the other over one connection: no machine is so slow that these take more than ten seconds.
            let urls = [String](repeating: "http://127.0.0.1:\(daemon.port)/v1/decrypt", count: 60)
            let output = try await Command.check("curl", ["-si", "-d", exchange.body] + urls)
            let refused = String(decoding: output, as: UTF8.self).components(separatedBy: "HTTP/1.1 ")
                .filter { $0.hasPrefix("503") }
            #expect(!refused.isEmpty && refused.allSatisfy { $0.contains("Retry-After: 1\r\n") })
            #expect(try await daemon.get("/healthz").status == 200)
        }
    }

    @Test("requests that wait for Marathon take places; who finds none is refused at once, until there is one again")
    func inFlight() async throws {
        let setup = try DaemonSetup()
        let exchange = try RecordedExchange()
        try await FakeOrchestrator.run { marathons in
            let path = "/v2/apps/demo/webapp?embed=apps.tasks"
            try setup.configure(limits: ["in-flight: 2"])
            let text = try setup.scratch.readText("secretaryd.yml").replacing(
                "{policy: policy.yml}", with: "{marathon: {urls: \"\(marathons[0].url)\", cache: 0s, deadline: 60s}}")
            try setup.scratch.write("secretaryd.yml", text)
            try await setup.withDaemon { daemon in
                let body = exchange.body.replacing(#/appid=[^&]*/#, with: "appid=%2Fdemo%2Fwebapp")
                let ask = { @Sendable () async throws -> String in
                    let url = "http://127.0.0.1:\(daemon.port)/v1/decrypt"
                    return try await Command.run("curl", ["-si", "-m", "120", "-d", body, url]).text
                }
                try await marathons[0].answer(path, with: "", behaviour: "hang")
                async let first = ask()
                async let second = ask()
                try await eventually("both wait for Marathon") {
                    try await daemon.metric("secretaryd_in_flight") == 2
                }
                let refused = try await ask()
                #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("Retry-After: 1\r\n"), "\(refused)")
                #expect(try await daemon.get("/healthz").status == 200)
                // Their time ends, and Marathon answers again: that there is no such app.
                let waited = try await [first, second]
                #expect(waited.allSatisfy { $0.hasPrefix("HTTP/1.1 504") }, "\(waited)")
                try await marathons[0].answer(path, with: "", status: 404)
                let late = try await ask()
                #expect(late.hasPrefix("HTTP/1.1 500") && late.contains("not running"), "\(late)")
            }
        }
    }

    @Test("a task may have so many requests in work at once, and another task as many")
    func taskInFlight() throws {
        var settings = LimitSettings()
        settings.taskInFlight = 2
        let limits = RequestLimits(settings)
        let (one, other) = (TaskClaim(app: "/a", version: "1", id: "1"), TaskClaim(app: "/a", version: "1", id: "2"))
        for task in [one, one, other, other] { try limits.enter(task) }
        for task in [one, other] {
            let refusal = #expect(throws: Refusal.self) { try limits.enter(task) }
            #expect(refusal?.reason == .busy && refusal?.retryAfter == 1)
        }
        limits.leave(one)
        try limits.enter(one)
        #expect(throws: Refusal.self) { try limits.enter(other) }
    }

    @Test("memory does not grow with the number of requests", .timeLimit(.minutes(15)))
    func memory() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            _ = try await flood(setup, daemon, clients: 8, seconds: 3)
            let before = try daemon.memory()
            let seen = try await flood(setup, daemon, clients: 8, seconds: 8)
            let after = try daemon.memory()
            #expect(seen.statuses["200", default: 0] > 50)
            // Each request leaves a nonce of 24 bytes until it is stale.
            #expect(after - before < 8 << 10, "\(before) KiB, then \(after) KiB")
        }
    }

    @Test("reloads under load lose no request, and a broken reload changes nothing", .timeLimit(.minutes(15)))
    func reload() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            async let load = flood(setup, daemon, clients: 8, seconds: 6)
            for _ in 0..<10 {
                try await Task.sleep(for: .milliseconds(300))
                try daemon.signal(SIGHUP)
            }
            try await eventually("reloads") { try await daemon.metric("secretaryd_reloads_total") >= 5 }
            try setup.scratch.write("master-private-key.pem", "broken")
            try daemon.signal(SIGHUP)
            try await eventually("a failed reload") { try await daemon.metric("secretaryd_reloads_failed_total") >= 1 }
            #expect(try daemon.messages.contains("cannot reload, all stays as it was: private key"))
            let seen = try await load
            #expect(Set(seen.statuses.keys) == ["200"])
            #expect(seen.wrong == 0 && seen.lost == 0)
        }
    }

    @Test("new keys count after a reload, without a new connection")
    func newKeys() async throws {
        let setup = try DaemonSetup()
        let other = try PrivateKey.generate()
        try KeyFiles.write([("other", other)], in: setup.scratch.path)
        let sealer = try HPKESealer(masterKey: other.publicKey, configKey: setup.key("config"))
        let plaintext = try unsafe SecretBytes(count: 3) { unsafe $0.copyBytes(from: "new".utf8) }
        let secret = try sealer.seal(plaintext, scope: try Scope(parsing: "/prod/shop/web"))
        try await setup.withDaemon { daemon in
            let input = try setup.setup(
                port: daemon.port, ["secrets": [["A", String(decoding: secret.text, as: UTF8.self)]]])
            #expect(try await DaemonSetup.python("exchange.py", input: input).text.contains(#""v2Statuses": [2]"#))
            try setup.configure(
                keys: "{master: [master-private-key.pem, other-private-key.pem], config: config-public-key.pem}")
            try daemon.signal(SIGHUP)
            try await eventually("a reload") { try await daemon.metric("secretaryd_reloads_total") == 1 }
            #expect(try await DaemonSetup.python("exchange.py", input: input).text.contains(#""v2Statuses": [0]"#))
        }
    }

    @Test("a reload changes the limits, and refuses what takes a restart instead of serving without keys")
    func otherSettings() async throws {
        let setup = try DaemonSetup()
        let own = try String(decoding: setup.envelope(scope: "/prod/shop/web").text, as: UTF8.self)
        try await setup.withDaemon { daemon in
            let input = try setup.setup(port: daemon.port, ["secrets": [["A", own], ["B", own]]])
            func statuses() async throws -> String { try await DaemonSetup.python("exchange.py", input: input).text }
            func reloads() async throws -> [Double] {
                [
                    try await daemon.metric("secretaryd_reloads_total"),
                    try await daemon.metric("secretaryd_reloads_failed_total"),
                ]
            }
            for (index, change) in [
                ("{master: master-private-key.pem,", "{sealed: shares.json,"),
                ("drain:", "tls: {certificate: server.pem, key: server.key}\ndrain:"),
            ].enumerated() {
                let good = try setup.scratch.readText("secretaryd.yml")
                try setup.scratch.write("secretaryd.yml", good.replacing(change.0, with: change.1))
                try daemon.signal(SIGHUP)
                try await eventually("a reload") { try await reloads().reduce(0, +) == Double(index + 1) }
                #expect(try await reloads() == [0, Double(index + 1)])
                #expect(try await statuses().contains(#""v2Statuses": [0, 0]"#))
                try setup.scratch.write("secretaryd.yml", good)
            }
            let good = try setup.scratch.readText("secretaryd.yml")
            try setup.scratch.write("secretaryd.yml", good.replacing("secrets: 64", with: "secrets: 1"))
            try daemon.signal(SIGHUP)
            try await eventually("a reload") { try await reloads() == [1, 2] }
            #expect(try await statuses().contains(#""v2Statuses": [413]"#))
        }
    }

    @Test("SIGTERM answers everything that was asked, and ends with status 0", .timeLimit(.minutes(15)))
    func drain() async throws {
        let setup = try DaemonSetup()
        try setup.configure(drain: "{patience: 1s}")
        let (seen, status) = try await setup.withDaemon { daemon in
            async let load = flood(setup, daemon, clients: 16, seconds: 120)
            try await eventually("requests are answered") {
                try await daemon.metric("secretaryd_request_seconds_count") > 50
            }
            try daemon.signal(SIGTERM)
            return try await load
        }
        #expect(status == 0)
        #expect(Set(seen.statuses.keys) == ["200"])
        #expect(seen.statuses["200", default: 0] > 50)
        #expect(seen.wrong == 0 && seen.lost == 0)
        #expect(
            try setup.scratch.readText("audit.log").split(separator: "\n").last?.contains(#""event":"stop""#) == true)
    }
}

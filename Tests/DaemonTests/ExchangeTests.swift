import Foundation
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: the protocols, with clients that are not ours")
struct ExchangeTests {
    private struct Answers: Decodable {
        let v1: [Data]
        let v1Statuses: [Int]
        let v2: [Data]
        let v2Statuses: [Int]
    }

    @Test("a client in Python, written from the description of the protocols, gets its secrets by both")
    func python() async throws {
        let setup = try DaemonSetup()
        let old = try setup.unscoped("old\u{0}ünscoped")
        try setup.writePolicy(values: [old])
        let large = String(repeating: "x", count: 100_000)
        let secrets = [
            ("PASSWORD", try setup.envelope("hunter2", scope: "/prod/shop/web")), ("OLD", old),
            ("EMPTY", try setup.envelope("", scope: "/")), ("LARGE", try setup.envelope(large, scope: "/prod")),
        ]
        let plaintexts = ["hunter2", "old\u{0}ünscoped", "", large]
        try await setup.withDaemon { daemon in
            let list = secrets.map { [$0, String(decoding: $1.text, as: UTF8.self)] }
            let input = try setup.setup(port: daemon.port, ["secrets": list])
            let result = try await DaemonSetup.python("exchange.py", input: input)
            #expect(result.errors == "")
            let answers = try JSONDecoder().decode(Answers.self, from: Data(result.output))
            #expect(answers.v1Statuses == [200, 200, 200, 200])
            #expect(answers.v1.map { String(decoding: $0, as: UTF8.self) } == plaintexts)
            #expect(answers.v2Statuses == [0, 0, 0, 0])
            #expect(answers.v2.map { String(decoding: $0, as: UTF8.self) } == plaintexts)
        }
    }

    @Test("the recorded request of an original client is accepted byte for byte, and its answer opens")
    func recorded() async throws {
        let exchange = try RecordedExchange()
        try await exchange.setup.withDaemon { daemon in
            let answer = try await exchange.send(exchange.body, to: daemon)
            #expect(answer.status == 200)
            let agreement = try exchange.agreement
            let body = try unsafe SecretBytes(count: answer.body.count) { unsafe $0.copyBytes(from: answer.body) }
            let plaintext = try unsafe SecretBytes(count: "hunter2".utf8.count) { (target) throws(SecretaryError) in
                try unsafe WireV1.Answer.open(body, with: agreement, into: target)
            }
            #expect(unsafe plaintext.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } == "hunter2")

            // Also in two pieces, and as an original client sends it a second time: nothing in it forbids that.
            #expect(try await exchange.send(exchange.body, to: daemon).status == 200)
        }
    }

    @Test("what the original answers with an error, it gets the same error from us")
    func errors() async throws {
        let exchange = try RecordedExchange()
        try await exchange.setup.withDaemon { daemon in
            let get = try await daemon.get("/v1/decrypt")
            #expect(get.status == exchange.errors["GET /v1/decrypt"]?.status)
            #expect(get.body == exchange.errors["GET /v1/decrypt"]?.body)

            let missing = try await exchange.send("appid=%2Fdemo%2Fapp", to: daemon)
            #expect(missing.status == exchange.errors["missing parameters"]?.status)
            #expect(String(decoding: missing.body, as: UTF8.self) == exchange.errors["missing parameters"]?.body)

            let ended = try await exchange.send(
                exchange.body.replacing("demo_app.0f810e10", with: "demo_app.other"), to: daemon)
            #expect(ended.status == exchange.errors["task not running"]?.status)
            #expect(String(decoding: ended.body, as: UTF8.self) == exchange.errors["task not running"]?.body)

            let status = try await daemon.get("/v1/status")
            #expect(status.status == 200)
            #expect(status.body == exchange.statusBody)
        }
    }

    @Test("heads of answers are those of the original")
    func heads() async throws {
        let exchange = try RecordedExchange()
        try await exchange.setup.withDaemon { daemon in
            let url = "http://127.0.0.1:\(daemon.port)"
            let error = try await Command.run("curl", ["-si", "\(url)/v1/decrypt"]).text
            #expect(error.contains("Content-Type: text/plain; charset=utf-8\r\n"))
            #expect(error.contains("X-Content-Type-Options: nosniff\r\n"))
            let status = try await Command.run("curl", ["-si", "\(url)/v1/status"]).text
            #expect(status.contains("Content-Type: text/plain; charset=utf-8\r\n"))
            #expect(status.contains("Content-Length: 15\r\n"))
        }
    }
}

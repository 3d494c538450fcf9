@testable import SecretaryCore
import SystemPackage
import Testing

@Suite("Requests for secrets of a swarm")
struct SwarmSecretTests {
    private let request = SwarmSecretRequest(
        secret: .init(name: "db-password", options: ["source": "prod/web.yml", "key": "a.\"b\"\nc"]),
        service: .init(id: "s1", name: "shop_web", app: "/prod/web"), task: .init(id: "t1", name: "shop_web.1.t1"),
        node: "n1")

    @Test("a request is read as it was written")
    func roundTrip() throws {
        #expect(try SwarmSecretRequest(parsing: request.json) == request)
    }

    @Test(
        "anything else is no request",
        arguments: [
            "", "[]", "{}", "null", #"{"secret":{"name":"x","options":{}}"#,
            #"{"secret":{"name":"x"},"service":{"id":"s","name":"n","app":"/a"},"task":{"id":"t","name":"t"},"node":"n"}"#,
            #"{"secret":{"name":"x","options":{"source":["a"]}},"service":{"id":"s","name":"n","app":"/a"},"task":{"id":"t","name":"t"},"node":"n"}"#,
            #"{"secret":{"name":"x","options":{}},"service":{"id":"s","name":"n"},"task":{"id":"t","name":"t"},"node":"n"}"#,
            #"{"secret":{"name":"x","options":{}},"service":{"id":"s","name":"n","app":""},"task":{"id":"t","name":"t"},"node":"n"}"#,
            #"{"secret":{"name":"x","options":{}},"service":{"id":"s","name":"n","app":"/a"},"task":{"id":"t","name":"t"}}"#,
            #"{"secret":{"name":"x","name":"y","options":{}},"service":{"id":"s","name":"n","app":"/a"},"task":{"id":"t","name":"t"},"node":"n"}"#,
        ])
    func malformed(_ text: String) {
        let error = #expect(throws: SecretaryError.self) { try SwarmSecretRequest(parsing: Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }

    private func bytes(_ text: [UInt8]) throws -> SecretBytes {
        try unsafe SecretBytes(count: text.count) { unsafe $0.copyBytes(from: text) }
    }

    @Test("an answer has the value, of any bytes and none", arguments: [[], [0], Array("{\"count\":\"9\"}\n\0".utf8)])
    func answers(_ value: [UInt8]) throws {
        let answer = try bytes(SwarmSecretAnswer.head(count: value.count) + value)
        let read = try SwarmSecretAnswer.value(of: answer)
        #expect(unsafe read.withUnsafeBytes { unsafe Array($0) } == value)
    }

    @Test("a refusal is the error that it was, with and without a hint", arguments: [nil, "write \"it\""])
    func refusals(_ hint: String?) throws {
        let refusal = SecretaryError(.denied, "the scope\nis another", hint: hint)
        let answer = try bytes(SwarmSecretAnswer.refusal(refusal))
        let error = #expect(throws: SecretaryError.self) { _ = try SwarmSecretAnswer.value(of: answer) }
        #expect(error == refusal)
    }

    @Test(
        "what breaks off, or is no answer, is no value",
        arguments: [
            ("", .unavailable), ("{\"count\":\"3\"}", .unavailable), ("{\"count\":\"3\"}\nab", .unavailable),
            ("{\"count\":\"3\"}\nabcd", .unavailable), ("{\"count\":\"-1\"}\n", .unavailable),
            ("{\"count\":\"9223372036854775807\"}\n", .unavailable), ("{\"count\":\"x\"}\n", .malformed),
            ("{}\n", .malformed), ("{\"status\":\"1\",\"message\":\"x\"}\n", .malformed),
            ("{\"status\":\"77\"}\n", .malformed), ("\n", .malformed), ("password\n", .malformed),
        ] as [(String, SecretaryError.Code)])
    func broken(_ text: String, _ code: SecretaryError.Code) throws {
        let answer = try bytes(Array(text.utf8))
        let error = #expect(throws: SecretaryError.self) { _ = try SwarmSecretAnswer.value(of: answer) }
        #expect(error?.code == code)
        #expect(error?.message.contains("password") == false)
    }

    @Test("labels say a file with a part of it, or a view, and which secret there")
    func options() throws {
        let part = try SwarmSecretOptions(["source": "prod/./web.yml", "select": "db", "key": "password"], of: "x")
        #expect(part.place == .source("prod/web.yml", select: "db") && part.key == "password")
        let view = try SwarmSecretOptions(["view": "web"], of: "x")
        #expect(view.place == .view("web") && view.key == nil)
    }

    @Test(
        "labels that cannot be meant are errors that name the secret",
        arguments: [
            [:], ["key": "password"], ["source": "web.yml", "view": "web"], ["view": "web", "select": "db"],
            ["source": ""], ["source": "web.yml", "key": ""], ["source": "/etc/shadow"], ["source": "../web.yml"],
            ["source": "."], ["source": "a\nb"], ["source": "web.yml", "keys": "password"],
            ["source": "web.yml", "app": "/prod/db"],
        ])
    func wrongOptions(_ options: [String: String]) {
        let error = #expect(throws: SecretaryError.self) { try SwarmSecretOptions(options, of: "db-password") }
        #expect(error?.code == .usage && error?.message.contains("db-password") == true)
    }

    @Test("base64 ends with padding and a zero", arguments: ["", "a", "ab", "abc", "\u{FF}\u{0}x>?"])
    func base64(_ text: String) throws {
        let secret = try bytes(Array(text.utf8))
        var target = [UInt8](repeating: 7, count: secret.base64Count + 1)
        unsafe target.withUnsafeMutableBytes { unsafe secret.writeBase64(to: $0) }
        #expect(target.dropLast() == Base64.encode(Array(text.utf8))[...] && target.last == 0)
    }
}

import SecretaryCore
import Glibc
@testable import SecretaryRemote
import TestSupport
import Testing

private let hasPython = PythonServer.python != nil

/// Credentials that end, in a process that goes on.
@Suite("AWS credentials that end", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct AWSAccountTests {
    private func account(_ host: AWSHost) -> AWSAccount {
        AWSAccount(
            environment: AWSEnvironment(values: [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": host.server.url + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer of-a-container", "AWS_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": host.server.url, "HOME": "/nowhere",
            ]))
    }

    @Test("those that last are kept; whoever needs them at the same time waits for one search")
    func kept() async throws {
        try await AWSHost.run { host in
            let account = account(host)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try account.credentials() } }
                try await group.waitForAll()
            }
            #expect(try account.credentials().accessKeyID == "ASIACONTAINER")
            let log = try host.log()
            #expect(log == ["get /container"])
        }
    }

    @Test("those that end soon are replaced, and those at hand serve as long as they last when that fails")
    func renewed() async throws {
        try await AWSHost.run(serving: ["LIFETIME": "60"]) { host in
            let account = account(host)
            for _ in 0..<3 { _ = try account.credentials() }
            let log = try host.log()
            #expect(log == ["get /container", "get /container", "get /container"])
            kill(host.server.pid, SIGKILL)
            let credentials = try account.credentials()
            #expect(credentials.accessKeyID == "ASIACONTAINER")
        }
    }

    @Test("those that have ended are not used")
    func ended() async throws {
        try await AWSHost.run(serving: ["LIFETIME": "5"]) { host in
            let account = account(host)
            _ = try account.credentials()
            kill(host.server.pid, SIGKILL)
            let error = #expect(throws: SecretaryError.self) { try account.credentials() }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("after a refusal others are looked for")
    func discarded() async throws {
        try await AWSHost.run { host in
            let account = account(host)
            account.discard(try account.credentials())
            _ = try account.credentials()
            let log = try host.log()
            #expect(log.count == 2)
        }
    }
}

@Suite("JSON in guarded memory")
struct SecretJSONTests {
    private func json(_ text: String) throws -> SecretJSON { try SecretJSON(HTTPSecret(text).taken()) }

    @Test(
        "a member is found in the outermost object, whatever is around it",
        arguments: [
            (#"{"a":"x"}"#, "x"), (#" { "b" : {"a":"no"}, "c":["a",{"a":"no"}], "a" : "x" } "#, "x"),
            (#"{"b":"a","a":"x"}"#, "x"), (#"{"b":"\"a\":\"no\"","a":"x"}"#, "x"), (#"{"b":1,"c":null,"a":""}"#, ""),
            (#"{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9"}"#, "\"\\/\u{8}\u{c}\n\r\tAé"), (#"{"b":"a\\","a":"x"}"#, "x"),
        ])
    func found(_ text: String, _ value: String) throws {
        let json = try json(text)
        let found = try json.string("a")
        #expect(found == value)
    }

    @Test(
        "what is not there, no string, or cut off is not found",
        arguments: [
            #"{}"#, #"{"b":"a"}"#, #"{"a":1}"#, #"{"a":"x"#, #"{"a""#, #"{"a":"#, #"{"a":{"a":"x"}}"#, #"{"a":"x\"#,
        ])
    func absent(_ text: String) throws {
        let json = try json(text)
        let found = try json.string("a")
        #expect(found == nil)
    }

    @Test("what is no object is refused", arguments: ["", " ", "[]", "\"a\"", "<html>"])
    func noObject(_ text: String) {
        #expect(throws: SecretaryError.self) { _ = try json(text) }
    }
}

extension HTTPSecret {
    /// A copy.
    fileprivate func taken() throws -> SecretBytes {
        try unsafe SecretBytes(count: bytes.count) { target in
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }
}

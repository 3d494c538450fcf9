import Foundation
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// A request that the original's daemon has answered, with all its keys, and a daemon of ours that has them.
struct RecordedExchange {
    private struct File: Decodable {
        struct Request: Decodable {
            let path: String
            let body: String
        }
        struct App: Decodable {
            let env: [String: String]?
        }

        let keys: [String: String]
        let request: Request
        let errors: [String: Failure]
        let status_body: String
    }

    struct Failure: Decodable {
        let status: Int
        let body: String
    }

    let setup: DaemonSetup
    let body: String
    let errors: [String: Failure]
    let statusBody: String

    init() throws {
        let url = Bundle.module.bundleURL.appending(path: "Vectors/daemon-exchange.json")
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
        body = file.request.body
        errors = file.errors
        statusBody = file.status_body
        setup = try DaemonSetup()
        for (name, text) in file.keys {
            let parts = name.split(separator: "-")
            try setup.scratch.write("\(parts[0])-\(parts[1])-key.pem", text)
        }
        let secret = "ENC[NACL,ft5/TfBBxQy3TMqQmNIOA0Rswc/zoPht7G19TraTwNskLPmb51TWXeQm/tl+3FA=]"
        let digest = try #require(Value(scanning: Array(secret.utf8)).envelopes.first).digest
        try setup.scratch.write(
            "policy.yml",
            """
            version: 1
            unscoped: allow
            tasks:
              - app: /demo/app
                versions: "2015-12-04T12:25:08.426Z"
                ids: demo_app.0f810e10
                deploy-key: deploy-public-key.pem
                service-key: service-public-key.pem
                values: "\(digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"

            """)
    }

    /// The task's side of what it shares with the daemon.
    var agreement: TaskAgreement {
        get throws {
            try TaskAgreement(
                deploy: KeyFiles.readPrivateKey(setup.scratch["deploy-private-key.pem"]),
                service: KeyFiles.readPrivateKey(setup.scratch["service-private-key.pem"]),
                master: KeyFiles.readPublicKey(setup.scratch["master-public-key.pem"]))
        }
    }

    func send(_ body: String, to daemon: RunningDaemon) async throws -> (status: Int, body: [UInt8]) {
        let output = try await Command.check(
            "curl",
            ["-s", "-w", "%{http_code}", "--data-binary", "@-", "http://127.0.0.1:\(daemon.port)/v1/decrypt"],
            input: Array(body.utf8))
        return (Int(String(decoding: output.suffix(3), as: UTF8.self)) ?? 0, Array(output.dropLast(3)))
    }
}

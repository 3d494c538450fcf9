import Foundation
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// Keys, rules and a configuration for a daemon that listens on a free port.
struct DaemonSetup {
    /// Who a client says it is.
    struct Claim: Sendable {
        var app: String
        var version = "1"
        var id: String

        var list: [String] { [app, version, id] }
    }

    let scratch: Scratch
    let keys: [String: PrivateKey]
    let claim = Claim(app: "/prod/shop/web", id: "web.1")
    let otherClaim = Claim(app: "/prod/shop/db", id: "db.1")
    let endedClaim = Claim(app: "/prod/shop/web", id: "web.9")
    /// What every plaintext of these tests has in it, to be looked for where it must not be.
    static let canary = "canary-5d1f0c"

    private static let names = ["master", "config", "deploy", "service", "stranger", "db-deploy"]

    init() throws {
        scratch = try Scratch("daemon")
        var keys: [String: PrivateKey] = [:]
        for name in Self.names { keys[name] = try PrivateKey.generate() }
        self.keys = keys
        try KeyFiles.write(Self.names.map { ($0, try #require(keys[$0])) }, in: scratch.path)
        try writePolicy()
        try configure()
    }

    /// Writes the rules.
    /// - Parameter values: envelopes without a scope that the task may have.
    func writePolicy(values: [Envelope] = []) throws {
        let digests = values.map { envelope in
            "\"" + envelope.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
        }
        try scratch.write(
            "policy.yml",
            """
            version: 1
            unscoped: warn
            tasks:
              - app: /prod/shop/web
                ids: [web.1, web.2]
                deploy-key: deploy-public-key.pem
                service-key: service-public-key.pem
                values: [\(digests.joined(separator: ", "))]
              - app: /prod/shop/db
                deploy-key: db-deploy-public-key.pem

            """)
    }

    /// Writes the configuration.
    /// - Parameters:
    ///   - limits: lines of the section.
    ///   - audit: instead of a file in the scratch folder.
    ///   - more: other sections.
    func configure(
        limits: [String] = [], audit: String = "{file: audit.log}", drain: String = "{patience: 50ms}",
        keys: String = "{master: master-private-key.pem, config: config-public-key.pem}", more: String = ""
    ) throws {
        try scratch.write(
            "secretaryd.yml",
            """
            version: 1
            listen: 127.0.0.1:0
            keys: \(keys)
            authorizer: {policy: policy.yml}
            audit: \(audit)
            limits: {\((["secrets: 64"] + limits).joined(separator: ", "))}
            drain: \(drain)
            \(more)
            """)
    }

    // MARK: Secrets

    func key(_ name: String) throws -> PrivateKey { try #require(keys[name]) }

    /// An envelope with a scope.
    func envelope(_ plaintext: String = canary, scope: String) throws -> Envelope {
        let sealer = try HPKESealer(masterKey: key("master").publicKey, configKey: key("config"))
        return try sealer.seal(secret(plaintext), scope: Scope(parsing: scope))
    }

    /// An envelope without a scope.
    func unscoped(_ plaintext: String = canary) throws -> Envelope {
        let sealer = try NaClSealer(masterKey: key("master").publicKey, configKey: key("config"))
        return try sealer.seal(secret(plaintext), scope: nil)
    }

    private func secret(_ text: String) throws -> SecretBytes {
        try unsafe SecretBytes(count: text.utf8.count) { unsafe $0.copyBytes(from: text.utf8) }
    }

    // MARK: Python

    /// What the Python clients are told.
    func setup(port: Int, _ more: [String: Any] = [:]) throws -> [UInt8] {
        var keys: [String: String] = [:]
        for name in ["deploy", "service", "stranger"] { keys[name] = try base64("\(name)-private-key.pem") }
        let setup: [String: Any] = [
            "port": port, "master": try base64("master-public-key.pem"), "keys": keys, "claim": claim.list,
            "otherClaim": otherClaim.list, "endedClaim": endedClaim.list,
        ]
        return Array(try JSONSerialization.data(withJSONObject: setup.merging(more) { $1 }))
    }

    private func base64(_ file: String) throws -> String {
        String(try scratch.readText(file).split(separator: "\n")[1])
    }

    /// Runs a program of `Tests/DaemonTests/Programs` in the Python that `make test` sets up.
    static func python(_ program: String, _ arguments: [String] = [], input: [UInt8]) async throws -> CommandResult {
        let python = try #require(
            ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"],
            "set SECRETARY_TEST_PYTHON to a Python with PyNaCl, or run `make test`")
        return try await Command.run(python, [programs.appending(program).string] + arguments, input: input)
    }

    static let programs = FilePath(Bundle.module.bundleURL.appending(path: "Programs").path)
}

import Foundation
import SecretaryCore
import SecretaryRemote
import SystemPackage
import Testing
import TestSupport

/// The independent daemon of `Programs/daemon.py`, on a port of its own; needs the Python that `SECRETARY_TEST_PYTHON` names
/// (`make test` sets it up).
struct PythonDaemon: Sendable {
    let url: String
    private let http = HTTPClient()

    /// What it was asked.
    struct Seen: Decodable {
        var v1: Int
        var v2: Int
        var secrets: Int
        var names: [String]
        var connections: Int
    }

    /// Runs one beside `body`.
    static func with<Result: Sendable>(
        _ task: TestTask, settings: [String: any Sendable] = [:],
        _ body: (PythonDaemon) async throws -> Result
    ) async throws -> Result {
        let python = try #require(
            ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"],
            "set SECRETARY_TEST_PYTHON to a Python with PyNaCl, or run `make test`")
        let all = try task.settings.merging(settings) { $1 }
        let text = String(decoding: try JSONSerialization.data(withJSONObject: all), as: UTF8.self)
        let (input, output) = (try TestSupport.Pipe(), try TestSupport.Pipe())
        return try await Command.whileRunning(
            python, [DaemonSetup.programs.appending("daemon.py").string, text], environment: ["PATH": "/usr/bin:/bin"],
            input: input.reader,
            output: output.writer
        ) { _ in
            defer { try? input.writer.close() }
            var port = ""
            while let byte = try output.read(1).first, byte != 10 { port.unicodeScalars.append(Unicode.Scalar(byte)) }
            return try await body(PythonDaemon(url: "http://127.0.0.1:\(try #require(Int(port)))"))
        }.0
    }

    /// Puts these into its settings.
    func set(_ settings: [String: Any]) throws {
        let body = try JSONSerialization.data(withJSONObject: settings)
        let request = HTTPRequest(.post, url: url + "/set", body: Array(body))
        let status = try http.send(request, timeout: .seconds(120)).status
        try #require(status == 200)
    }

    /// Lets the task have one more envelope.
    func allow(_ envelope: Envelope, for task: TestTask) throws {
        let texts = (task.envelopes + [envelope]).map { String(decoding: $0.text, as: UTF8.self) }
        var known = task.known
        known["allowed"] = texts
        try set(["tasks": [known]])
    }

    func seen() throws -> Seen {
        let response = try http.send(HTTPRequest(url: url + "/seen"), timeout: .seconds(120))
        let body = unsafe response.body.withUnsafeBytes { unsafe Data($0) }
        return try JSONDecoder().decode(Seen.self, from: body)
    }
}

/// A task with keys and secrets, as both sides know it.
struct TestTask {
    let master: PrivateKey
    let config: PrivateKey
    let deploy: PrivateKey
    let service: PrivateKey?
    let claim = TaskClaim(app: "/demo/app", version: "2015-12-04T12:25:08.426Z", id: "demo_app.0f810e10")
    /// What it may have.
    let secrets: [(plaintext: [UInt8], envelope: Envelope)]

    init(service: Bool = true, secrets count: Int = 3) throws {
        master = try PrivateKey.generate()
        config = try PrivateKey.generate()
        deploy = try PrivateKey.generate()
        self.service = service ? try PrivateKey.generate() : nil
        let sealer = try NaClSealer(masterKey: master.publicKey, configKey: config)
        secrets = try (0..<count).map { index in
            let plaintext = Array("secret number \(index): pässword\n".utf8)
            return (plaintext, try sealer.seal(plaintext))
        }
    }

    var envelopes: [Envelope] { secrets.map(\.envelope) }

    /// What comes of all of them when all are opened.
    var opened: [Result<[UInt8], SecretaryError>] { secrets.map { .success($0.plaintext) } }

    /// An envelope that it may not have.
    func seal(_ text: String) throws -> Envelope {
        try NaClSealer(masterKey: master.publicKey, configKey: config).seal(Array(text.utf8))
    }

    /// As `daemon.py` takes them.
    fileprivate var settings: [String: any Sendable] {
        get throws {
            [
                "master": base64(try master.text), "config": base64(config.publicKey.pem), "knows": [1, 2],
                "tasks": [known],
            ]
        }
    }

    /// The task itself.
    fileprivate var known: [String: any Sendable] {
        [
            "claim": [claim.app, claim.version, claim.id], "deploy": base64(deploy.publicKey.pem),
            "service": service.map { base64($0.publicKey.pem) } ?? "",
            "allowed": envelopes.map { String(decoding: $0.text, as: UTF8.self) },
        ]
    }

    /// The second of a PEM text's three lines.
    private func base64(_ pem: [UInt8]) -> String {
        String(String(decoding: pem, as: UTF8.self).split(separator: "\n")[1])
    }

    func agreement(master: PublicKey? = nil, deploy: PrivateKey? = nil, service: PrivateKey? = nil) throws
        -> TaskAgreement
    {
        try TaskAgreement(
            deploy: deploy ?? self.deploy, service: service ?? self.service, master: master ?? self.master.publicKey)
    }

    /// A client that waits as long as only a hang takes, and does not try again.
    func client(
        _ urls: [String], claim: TaskClaim? = nil, agreement: TaskAgreement? = nil,
        adjust: (inout DaemonSettings) -> Void = { _ in }
    ) throws -> DaemonClient {
        var settings = DaemonSettings(urls: urls, claim: claim ?? self.claim)
        settings.rounds = 1
        settings.patience = .seconds(60)
        settings.timeout = .seconds(120)
        adjust(&settings)
        return try DaemonClient(settings, agreement: agreement ?? self.agreement())
    }
}

// Tests compare plaintext, so here it may become an array.

extension SecretBytes {
    init(_ bytes: [UInt8]) throws(SecretaryError) {
        try unsafe self.init(count: bytes.count) { unsafe $0.copyBytes(from: bytes) }
    }

    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}

extension PrivateKey {
    var text: [UInt8] { get throws { try pem().array } }
}

extension Sealer {
    func seal(_ plaintext: [UInt8]) throws(SecretaryError) -> Envelope {
        try seal(SecretBytes(plaintext), scope: nil)
    }
}

extension Decryptor {
    /// Opens all in one go.
    func open(_ envelopes: [Envelope], names: [String?]? = nil) throws -> [Result<[UInt8], SecretaryError>] {
        var block = try SecretBytes(count: envelopes.plaintextCount)
        return unsafe block.withUnsafeMutableBytes { bytes in
            let openings = unsafe Opening.each(envelopes, names: names, into: bytes)
            return zip(openings, open(openings)).map { opening, error in
                if let error { .failure(error) } else { .success(unsafe Array(opening.target)) }
            }
        }
    }

    /// The code with which one envelope is refused; `nil` when it is opened.
    func code(_ envelope: Envelope) throws -> SecretaryError.Code? { try error(envelope)?.code }

    func error(_ envelope: Envelope) throws -> SecretaryError? {
        if case .failure(let error) = try open([envelope])[0] { error } else { nil }
    }
}

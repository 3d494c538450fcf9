import Foundation
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: what no honest client sends")
struct AbuseTests {
    /// For each attempt the status that comes back; 0 when the connection is closed without an answer.
    ///
    /// A request of version 2 that is answered shows what became of each secret: 0 opened, 1 denied, 2 wrong key, 3 malformed.
    private static let expected: [String: String] = [
        // Forms.
        "v1 empty": "400", "v1 without appid": "400", "v1 empty taskid": "400", "v1 broken percent": "415",
        "v1 not UTF-8": "415", "v1 binary": "400", "v1 no envelope": "400", "v1 envelope cut off": "400",
        "v1 huge appid": "415", "v1 relative appid": "400", "v1 path tricks": "400", "v1 NUL in appid": "415",
        "v1 GET": "405", "v1 PUT": "405",
        // Keys.
        "v1 wrong deploy key": "400", "v1 wrong service key": "400", "v1 without service key": "400",
        "v1 boxes swapped": "400", "v2 wrong deploy key": "401", "v2 wrong service key": "401",
        "v2 without service key": "401", "v2 unknown master key": "401",
        // Who it is.
        "v1 other task outside": "400", "v1 other task inside": "400", "v1 other task on both": "400",
        "v1 ended task": "500", "v1 nobody": "400", "v2 other task inside": "403", "v2 other task on both": "401",
        "v2 ended task": "403",
        // What it may have.
        "v1 envelope of another scope": "401", "v1 envelope that is not its own": "401",
        "v1 a request as the secret": "401", "v1 no secret": "400", "v1 two secrets": "400",
        "v2 mixed": "0/1/1/3/1/2",
        // Time and nonces.
        "v2 first": "0", "v2 same nonce again": "409", "v2 sent once": "200", "v2 replayed": "409", "v2 stale": "403",
        "v2 from the future": "403", "v2 from 1970": "403", "v2 from the end of time": "403",
        // Layout.
        "v2 empty": "400", "v2 random": "400", "v2 cut off": "401", "v2 too many secrets": "413", "v2 GET": "405",
        // HTTP.
        "garbage": "400", "huge head": "400", "many headers": "400", "unknown path": "404", "path tricks": "404",
        "negative length": "400", "two lengths": "400", "length and chunks": "400", "100 MB announced": "413",
        "100 MB in v2": "413", "100 MB sent": "413", "100 MB in chunks": "413",
        "v1 honest": "200", "v2 honest": "0",
    ]

    @Test("each attempt gets the status that it should, and no answer, log line or record holds a secret")
    func statuses() async throws {
        let setup = try DaemonSetup()
        let envelopes = [
            "own": try setup.envelope(scope: "/prod/shop/web"), "foreign": try setup.envelope(scope: "/prod/shop/db"),
            "misnamed": try setup.envelope(scope: "/prod/shop/web#NAME"), "unlisted": try setup.unscoped(),
        ]
        let answers = setup.scratch["answers"]
        try await setup.withDaemon { daemon in
            let texts = envelopes.mapValues { String(decoding: $0.text, as: UTF8.self) }
            let result = try await DaemonSetup.python(
                "abuse.py", [answers.string], input: setup.setup(port: daemon.port, texts))
            #expect(result.errors == "")
            let json = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
            let statuses = try #require(json).mapValues { "\($0)" }
            for (name, status) in Self.expected.sorted(by: { $0.key < $1.key }) {
                #expect(statuses[name] == status, "\(name)")
            }
            #expect(Set(statuses.keys) == Set(Self.expected.keys))
            #expect(try await daemon.get("/readyz").status == 200)
            try Self.expectNoSecrets(in: try await daemon.get("/metrics").body)
            try Self.expectNoSecrets(in: daemon.messages)
        }
        try Self.expectNoSecrets(in: setup.scratch.readText("audit.log"))
        let answered = try Scratch.read(answers)
        try Self.expectNoSecrets(in: String(decoding: answered, as: UTF8.self))
        #expect(answered.count > 1000)
    }

    /// Neither the plaintext nor a private key, as it is or in base64.
    private static func expectNoSecrets(in text: String) throws {
        #expect(!text.contains(DaemonSetup.canary))
        #expect(!text.contains(Data(DaemonSetup.canary.utf8).base64EncodedString().dropLast(4)))
    }
}

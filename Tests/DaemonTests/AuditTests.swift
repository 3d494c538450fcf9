import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: the audit log")
struct DaemonAuditTests {
    private func exchange(_ setup: DaemonSetup, _ daemon: RunningDaemon, _ secrets: [(String, Envelope)]) async throws
        -> String
    {
        let list = secrets.map { [$0, String(decoding: $1.text, as: UTF8.self)] }
        return try await DaemonSetup.python(
            "exchange.py", input: setup.setup(port: daemon.port, ["secrets": list])
        ).text
    }

    @Test("each secret has a record with the task, its version, the address and the rule, and the log verifies")
    func records() async throws {
        let setup = try DaemonSetup()
        let own = try setup.envelope(scope: "/prod/shop/web")
        let foreign = try setup.envelope(scope: "/prod/shop/db")
        try await setup.withDaemon { daemon in
            _ = try await exchange(setup, daemon, [("OWN", own), ("FOREIGN", foreign)])
        }
        let log = setup.scratch["audit.log"].string
        let verified = try await Command.run(Programs.secretaryctl, ["audit", "verify", log], environment: [:])
        #expect(verified.status == 0, "\(verified.errors)")

        let lines = try setup.scratch.readText("audit.log").split(separator: "\n")
        let opened = lines.filter { $0.contains(#""event":"open""#) }
        let denied = lines.filter { $0.contains(#""event":"denied""#) }
        #expect(opened.count == 2 && denied.count == 2)
        for line in opened {
            #expect(
                line.contains(#""scope":"/prod/shop/web""#) && line.contains(#""decision":"allow","rule":"policy: "#))
        }
        for line in opened + denied {
            #expect(line.contains(#""app":"/prod/shop/web","version":"1","task":"web.1","remote":"127.0.0.1""#))
        }
        #expect(opened.contains { $0.contains(#""secret":"OWN""#) })

        let shown = try await Command.check(
            Programs.secretaryctl, ["audit", "show", "--reader", "/prod/shop/*", log], environment: [:])
        let text = String(decoding: shown, as: UTF8.self)
        #expect(text.split(separator: "\n").count == 4)
        #expect(text.contains("/prod/shop/web web.1 from 127.0.0.1"))
        let who = try await Command.check(
            Programs.secretaryctl, ["audit", "who", "--json", "--secret", "OWN", log], environment: [:])
        let json = String(decoding: who, as: UTF8.self)
        #expect(json.contains(#""secret":"OWN","uid":null"#) && json.contains(#""app":"/prod/shop/web","opened":1"#))
    }

    @Test("what cannot be written down is not let out; /readyz shows it, and that it is over")
    func blocked() async throws {
        let setup = try DaemonSetup()
        let own = try setup.envelope(scope: "/prod/shop/web")
        try await setup.withDaemon { daemon in
            #expect(try await daemon.get("/readyz").status == 200)
            unsafe rename(setup.scratch["audit.log"].string, setup.scratch["old.log"].string)
            try setup.scratch.makeFolder("audit.log")
            let refused = try await exchange(setup, daemon, [("OWN", own)])
            #expect(refused.contains(#""v1Statuses": [503]"#) && refused.contains(#""v2Statuses": [503]"#))
            let ready = try await daemon.get("/readyz")
            #expect(ready.status == 503 && ready.body == "not ready: audit blocked\n")
            #expect(try await daemon.metric("secretaryd_audit_blocked") == 1)
            #expect(try await daemon.get("/healthz").status == 200)

            unsafe rmdir(setup.scratch["audit.log"].string)
            try await eventually("the log is written again") { try await daemon.get("/readyz").status == 200 }
            #expect(try await exchange(setup, daemon, [("OWN", own)]).contains(#""v2Statuses": [0]"#))
        }
        let log = setup.scratch["audit.log"].string
        let verified = try await Command.run(
            Programs.secretaryctl, ["audit", "verify", setup.scratch["old.log"].string, log], environment: [:])
        #expect(verified.status == 0, "\(verified.errors)")
    }

    @Test("records go to standard output when no file is named")
    func standardOutput() async throws {
        let setup = try DaemonSetup()
        try setup.configure(audit: "{stdout: true}")
        let own = try setup.envelope(scope: "/prod/shop/web")
        try await setup.withDaemon { daemon in
            let answers = try await exchange(setup, daemon, [("OWN", own)])
            #expect(answers.contains(#""v2Statuses": [0]"#))
            let metrics = try await daemon.get("/metrics").body
            #expect(metrics.contains(#"secretaryd_audit_records_total{sink="stdout"} 3"#))
        }
    }
}

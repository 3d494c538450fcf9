import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import secretaryd

@Suite("Policy: tasks in a file") struct PolicyTests {
    private let scratch: Scratch
    private let keys: GrantKeys

    init() throws {
        scratch = try Scratch("policy")
        keys = try GrantKeys()
        try scratch.write("keys/web.pem", keys.deploy.publicKey.pem)
    }

    private func policy(_ text: String) throws -> PolicyAuthorizer {
        try PolicyAuthorizer(scratch.write("policy.yml", text))
    }

    private func claim(_ app: String, version: String = "1", id: String = "web.1") -> TaskClaim {
        TaskClaim(app: app, version: version, id: id)
    }

    private func denied(_ authorizer: PolicyAuthorizer, _ claim: TaskClaim) async -> Bool {
        let error = await #expect(throws: SecretaryError.self) { try await authorizer.grant(for: claim) }
        return error?.code == .denied
    }

    @Test("a task has its keys, its scopes and its values; others have nothing")
    func grants() async throws {
        let (listed, digest, other) = (try keys.sealed("a"), try keys.sealed("b"), try keys.sealed("c"))
        let service = try PrivateKey.generate().publicKey
        let authorizer = try policy(
            """
            version: 1
            unscoped: warn
            tasks:
              - app: /prod/shop/web
                versions: ["2026-*", v1]
                ids: "web.*"
                deploy-key: keys/web.pem
                service-key: \(service.base64)
                values:
                  PASSWORD: \(String(decoding: listed.text, as: UTF8.self))
                  TOKEN: \(digest.digest.hexadecimal)
              - app: /prod/batch/*
                deploy-key: keys/web.pem
                scopes: [/prod/batch, "/prod/shared#SMTP_*"]
                unscoped: deny
            """)
        let grant = try await authorizer.grant(for: claim("/prod/shop/web", version: "2026-11-22"))
        #expect(grant.deployKey == keys.deploy.publicKey && grant.serviceKey == service)
        #expect(grant.rule == "policy: tasks[0]")
        #expect(try grant.check(listed, name: nil).warning?.message.contains("PASSWORD") == true)
        #expect(try grant.check(digest, name: nil).warning != nil)
        #expect(throws: SecretaryError.self) { try grant.check(other, name: nil) }
        let own = try keys.sealed("x", scope: "/prod/shop")
        #expect(try grant.check(own, name: nil).rule == "policy: tasks[0]: scope /prod/shop")

        #expect(await denied(authorizer, claim("/prod/shop/web", version: "2025-11-22")))
        #expect(await denied(authorizer, claim("/prod/shop/web", version: "v1", id: "db.1")))
        #expect(await denied(authorizer, claim("/prod/shop")))
        #expect(await denied(authorizer, claim("/prod/batch/a/b")))

        let batch = try await authorizer.grant(for: claim("/prod/batch/nightly"))
        #expect(batch.serviceKey == nil && batch.app.description == "/prod/batch/nightly")
        #expect(throws: SecretaryError.self) { try batch.check(listed, name: nil) }
        #expect(throws: SecretaryError.self) { try batch.check(own, name: nil) }
        #expect(try batch.check(keys.sealed("x", scope: "/prod/shared#SMTP_HOST"), name: "SMTP_HOST").warning == nil)
    }

    @Test("app ids that cannot be are refused", arguments: ["", "prod", "/prod/../root", "/prod//x", "/a#b", "/a\nb"])
    func malformed(_ app: String) async throws {
        let authorizer = try policy("version: 1\ntasks: [{app: /**, deploy-key: keys/web.pem}]")
        let error = await #expect(throws: SecretaryError.self) { try await authorizer.grant(for: claim(app)) }
        #expect(error?.code == .malformed)
    }

    @Test("of several that apply the first counts")
    func order() async throws {
        let other = try PrivateKey.generate().publicKey
        let authorizer = try policy(
            """
            version: 1
            tasks:
              - {app: /a/b, versions: old, deploy-key: \(other.base64)}
              - {app: /a/*, deploy-key: keys/web.pem}
              - {app: /a/c, versions: x, deploy-key: \(other.base64)}
            """.replacing("  - {app: /a/c, versions: x, deploy-key: \(other.base64)}", with: ""))
        #expect(try await authorizer.grant(for: claim("/a/b", version: "old")).rule == "policy: tasks[0]")
        #expect(try await authorizer.grant(for: claim("/a/b", version: "new")).rule == "policy: tasks[1]")
    }

    @Test(
        "errors name the line and the column",
        arguments: [
            ("tasks: []", "has no version"), ("version: 2\ntasks: []", ":1:10: version"),
            ("version: 1\ntask: []", ":2:1: unknown key \"task\""),
            ("version: 1\ntasks:\n  - app: /a\n", "tasks[0] has no deploy-key"),
            (
                "version: 1\ntasks:\n  - app: a\n    deploy-key: keys/web.pem",
                ":3:10: tasks[0].app: the app path 'a' does not begin with /"
            ),
            (
                "version: 1\ntasks:\n  - app: /a\n    deploy-key: keys/none.pem",
                ":4:17: tasks[0].deploy-key: cannot read the public key"
            ),
            ("version: 1\ntasks:\n  - {app: /a, deploy-key: keys/web.pem, values: [x]}", ":3:50: values: neither"),
            ("version: 1\ntasks:\n  - {app: /a, deploy-key: keys/web.pem, scopes: [x]}", "does not begin with /"),
            (
                "version: 1\ntasks:\n  - {app: /*, deploy-key: keys/web.pem}\n  - {app: /a, deploy-key: keys/web.pem}",
                ":4:6: tasks[1] is never asked"
            ),
            ("version: 1\ntasks: [", "policy.yml:"),
        ])
    func errors(_ text: String, _ message: String) throws {
        let error = #expect(throws: SecretaryError.self) { try policy(text) }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("policy.yml:") == true || error?.message.contains("has no") == true)
    }

    @Test(
        "an edit is taken over by itself; a broken one keeps the last good policy, and is reported until it is mended")
    func follows() async throws {
        let good = "version: 1\ntasks:\n  - {app: /a, deploy-key: keys/web.pem}\n"
        let authorizer = try policy(good)
        let following = Task { await authorizer.follow() }
        defer { following.cancel() }
        #expect(await denied(authorizer, claim("/b")))

        try scratch.write("policy.yml", good + "  - {app: /b, deploy-key: keys/web.pem}\n")
        try await eventually("a new task is known") { (try? await authorizer.grant(for: claim("/b"))) != nil }
        #expect(authorizer.health().problem == nil)

        try scratch.write("policy.yml", "version: 1\ntasks: [{app: /c}]\n")
        try await eventually("a broken edit is noticed") { authorizer.health().problem != nil }
        #expect(authorizer.health().isServing)
        #expect(authorizer.health().problem?.message.contains("policy.yml:2:10: tasks[0] has no deploy-key") == true)
        #expect(try await authorizer.grant(for: claim("/b")).app.description == "/b")
        #expect(authorizer.health().counters.map(\.value) == [1, 1])

        // A key file is part of the policy.
        let other = try PrivateKey.generate().publicKey
        try scratch.write("policy.yml", good)
        try await eventually("the edit is mended") { authorizer.health().problem == nil }
        try scratch.write("keys/web.pem", other.pem)
        try await eventually("another key is known") {
            (try? await authorizer.grant(for: claim("/a")))?.deployKey == other
        }

        try FileDescriptor.open(scratch["keys/web.pem"], .writeOnly, options: .truncate).close()
        authorizer.reload()
        #expect(authorizer.health().problem != nil)
        #expect(try await authorizer.grant(for: claim("/a")).deployKey == other)
    }

    @Test("a daemon stays ready with a broken edit, and says so in /readyz, its metrics and its log")
    func daemon() async throws {
        let setup = try DaemonSetup()
        let good = try setup.scratch.readText("policy.yml")
        try await setup.withDaemon { daemon in
            #expect(try await daemon.get("/readyz") == (200, "ready\n"))
            try setup.scratch.write("policy.yml", good + "  - app: /prod/new\n")
            try await eventually("the broken edit is reported") {
                try await daemon.metric("secretaryd_policy_failures_total") == 1
            }
            #expect(
                try await daemon.get("/readyz") == (200, "ready\nwarning: authorizer policy has a problem\n"))
            let problem = "secretaryd_authorizer_problem{authorizer=\"policy\"}"
            #expect(try await daemon.metric(problem) == 1)
            try await eventually("the line is in the log") {
                try daemon.messages.contains("policy.yml:11:5: tasks[2] has no deploy-key")
            }
            try setup.scratch.write("policy.yml", good)
            try await eventually("it is mended") { try await daemon.metric(problem) == 0 }
            #expect(try await daemon.get("/readyz") == (200, "ready\n"))
        }
    }
}

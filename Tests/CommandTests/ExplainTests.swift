import Foundation
import TestSupport
import Testing

@Suite("explain") struct ExplainTests {
    private static let owner = ["--owner", "10", "--group", "20", "--mode", "0440"]

    /// A repo with a view whose rules admit a user's program, a group of containers, and one file for nobody.
    private func repo() async throws -> Repo {
        let repo = try await Repo("explain")
        let (web, shop) = (
            try await repo.envelope("a", ["--format", "hpke", "--scope", "/prod/web"]),
            try await repo.envelope("b", ["--format", "hpke", "--scope", "/prod/shop"])
        )
        try repo.scratch.write("web.yml", "tls/key: \(web)\nother: \(shop)\nclosed: \(web)\nplain: text\n")
        try repo.scratch.write(
            ".secretary.yaml",
            """
            version: 1
            views:
              web:
                source: web.yml
                app: /prod/web
                readers:
                  - allow: { uid: 10, exe: /usr/sbin/nginx }
                  - allow: { container: "web-*" }
                  - deny: any
                files:
                  - { match: tls/key, path: key.pem }
                  - { match: closed, readers: [ { deny: any } ] }
            """)
        return repo
    }

    private func explain(_ repo: Repo, _ arguments: String...) async throws -> CommandResult {
        try await repo.run(["explain", "--view", "web"] + Self.owner + arguments)
    }

    @Test("says what each step decides, and by which rule")
    func allowed() async throws {
        let repo = try await repo()
        let result = try await explain(repo, "--file", "key.pem", "--uid", "10", "--exe", "/usr/sbin/nginx")
        #expect(
            result.text == """
                file:    web.yml:1:10
                reader:  user 10, group 10, program /usr/sbin/nginx, control group unknown
                mode:    allowed by mode 0440 of 10:20: the owner may read
                readers: allowed by views.web.readers[0]
                scope:   allowed by /prod/web, opened by /prod/web
                key:     at hand
                allowed

                """)
        #expect(result.status == 0 && result.errors.isEmpty)
    }

    @Test(
        "the first step that denies is the reason, with status 77",
        arguments: [
            (["key.pem", "--uid", "10", "--exe", "/bin/sh"], "views.web.readers[2]"),
            (["key.pem", "--uid", "10"], "views.web.readers[2]"),
            (["key.pem", "--uid", "11", "--exe", "/usr/sbin/nginx"], "mode 0440 of 10:20: others may not read"),
            (["key.pem", "--uid", "11", "--gid", "20", "--exe", "/usr/sbin/nginx"], "views.web.readers[2]"),
            (["key.pem", "--uid", "10", "--exe", "/usr/sbin/nginx", "--container", "db-1"], "views.web.readers[2]"),
            (["closed", "--uid", "10", "--exe", "/usr/sbin/nginx"], "views.web.files[1].readers[0]"),
            (
                ["other", "--uid", "10", "--exe", "/usr/sbin/nginx"],
                "scope: other is sealed for /prod/shop, not for /prod/web"
            ),
        ])
    func denied(arguments: [String], rule: String) async throws {
        let result = try await repo().run(["explain", "--view", "web"] + Self.owner + ["--file"] + arguments)
        #expect(result.text.split(separator: "\n").last == "denied by \(rule)")
        #expect(result.status == 77 && result.errors.isEmpty)
    }

    @Test("another group of the reader counts, the container follows from the control group, and root is above modes")
    func others() async throws {
        let repo = try await repo()
        let group = "/machine.slice/machine-web\\x2d1.scope"
        for user in [["--uid", "11", "--gid", "11", "--gid", "20"], ["--uid", "0"]] {
            let arguments = ["--file", "key.pem", "--cgroup", group] + user
            let result = try await repo.run(["explain", "--view", "web"] + Self.owner + arguments)
            #expect(result.text.contains("container web-1\n"))
            #expect(result.text.contains("readers: allowed by views.web.readers[1]\n"))
            #expect(result.status == 0)
        }
    }

    @Test("as JSON; a value that is no secret has a mode and no more")
    func json() async throws {
        let repo = try await repo()
        func members(_ result: CommandResult) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        }
        let secret = try members(try await explain(repo, "--file", "key.pem", "--uid", "10", "--json"))
        #expect(secret["decision"] as? String == "denied")
        #expect(secret["rule"] as? String == "views.web.readers[2]")
        #expect((secret["mode"] as? [String: String])?["decision"] == "allowed")
        #expect((secret["reader"] as? [String: Any])?["uid"] as? Int == 10)
        let plain = try members(try await explain(repo, "--file", "plain", "--uid", "10", "--json"))
        #expect(plain["decision"] as? String == "allowed")
        #expect(plain["readers"] == nil && plain["scope"] == nil && plain["key"] is NSNull)
    }

    @Test("the reader can be a process; a key that is missing is said")
    func process() async throws {
        let repo = try await repo()
        let result = try await repo.run(
            ["explain", "--view", "web", "--file", "key.pem", "--pid", "\(getpid())"],
            environment: ["MASTER_PRIVATE_KEY": "nowhere.pem"])
        #expect(result.text.contains("process \(getpid()), program /"))
        #expect(result.text.contains("\nkey:     missing: "))
        #expect(result.text.hasSuffix("\ndenied by views.web.readers[2]\n"))
    }

    @Test("what a process calls itself does nothing to the terminal")
    func terminal() async throws {
        let program = "/tmp/\u{1B}[2Jallowed\n"
        let result = try await explain(
            repo(), "--file", "key.pem", "--uid", "10", "--exe", program, "--cgroup", program)
        #expect(!result.text.contains("\u{1B}"), "\(result.text)")
        #expect(result.text.contains(#"program /tmp/\u{1B}[2Jallowed\n, control group"#), "\(result.text)")
        #expect(result.status == 77)
    }

    @Test("what cannot be explained is an error of its own")
    func mistakes() async throws {
        let repo = try await repo()
        #expect(try await explain(repo, "--file", "key.pem").status == 64)
        #expect(try await explain(repo, "--file", "key.pem", "--uid", "1", "--pid", "1").status == 64)
        #expect(try await explain(repo, "--file", "key", "--uid", "1").status == 66)
        #expect(try await explain(repo, "--file", "key.pem", "--pid", "999999999").status == 66)
        #expect(try await repo.run(["explain", "--view", "wbe", "--file", "key.pem", "--uid", "1"]).status == 66)
    }
}

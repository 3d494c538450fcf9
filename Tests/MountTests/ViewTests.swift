import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("What a mount shows: selections, layouts and views")
    struct Views {
        /// Names below the mountpoint, without the mount's own.
        private func namesShown(_ mount: Mount) async throws -> [String] {
            let result = try await mount.repo.shell(
                "cd $M && find . -type f -not -path './.secretary/*' -printf '%P\\n' | sort")
            return result.text.split(separator: "\n").map(String.init)
        }

        /// What a file holds, and that it is as long as it says.
        private func read(_ mount: Mount, _ name: String) async throws -> String {
            let size = try await mount.repo.run("stat", ["-c", "%s", mount[name].string])
            let content = try await mount.read(name)
            #expect(content.status == 0, "\(content.errors)")
            #expect(size.text == "\(content.output.count)\n", "\(name)")
            return content.text
        }

        @Test("a view shows nothing from outside its repository, whatever links are in it")
        func links() async throws {
            try await TestRepo.with { repo in
                try repo.write("real.env", "PASSWORD=\(try repo.seal("s3cret"))\n")
                _ = try await repo.shell(
                    "echo TOKEN=of-the-host >$OUT/host.env; ln -s real.env inside.env; ln -s $OUT out")
                func use(_ source: String) throws {
                    try repo.write(
                        ".secretary.yaml",
                        """
                        views:
                          v:
                            source: \(source)
                            render: [{ path: all.env, format: dotenv }]

                        """)
                }
                for source in ["out", "out/host.env"] {
                    try use(source)
                    let refused = try await repo.secretaryctl("mount", "--view", "v", ".", repo.mountpoint.string)
                    #expect(refused.status == 66)
                    #expect(refused.errors.contains("\(source) is a link that leads out of the"), "\(refused.errors)")
                }
                try use("inside.env")
                try await repo.mounted(".", "--view", "v") { mount in
                    #expect(try await mount.read("PASSWORD").text == "s3cret")
                    _ = try await repo.shell("ln -sfn out/host.env inside.env")
                    try await eventually("it is refused") { try await mount.status().string("state") == "outdated" }
                    #expect(try await mount.read("all.env").text.hasPrefix("PASSWORD=\"s3cret\""))
                    _ = try await repo.shell("ln -sfn real.env inside.env")
                    try await eventually("it is mended") { try await mount.status().string("state") == "current" }
                }
            }
        }

        @Test("--select shows a part, --all plain values too")
        func select() async throws {
            try await TestRepo.with { (repo) async throws in
                try repo.write(
                    "web.yml",
                    "override:\n  env:\n    PASSWORD: \(try repo.seal("s"))\n    HOST: db\n    list: [a, '\(try repo.seal("t"))']\nother: \(try repo.seal("u"))\n"
                )
                try await repo.mounted("web.yml", "--select", "override.env") { (mount) async throws in
                    let names = try await namesShown(mount)
                    #expect(names == ["PASSWORD", "list/1"])
                }
                try await repo.mounted("web.yml", "--all") { (mount) async throws in
                    let expected = [
                        "other", "override/env/HOST", "override/env/PASSWORD", "override/env/list/0",
                        "override/env/list/1",
                    ]
                    let names = try await namesShown(mount)
                    #expect(names == expected)
                    #expect(try await read(mount, "override/env/HOST") == "db")
                }
                let missing = try await repo.secretaryctl(
                    "mount", "--select", "no.such", "web.yml", repo.mountpoint.string)
                #expect(missing.status == 66)
                #expect(missing.errors.contains("no.such") || missing.errors.contains("\"no\""), "\(missing.errors)")
            }
        }

        @Test("the layout files shows each file with its envelopes replaced, as decrypt does")
        func files() async throws {
            try await TestRepo.with { (repo) async throws in
                let texts = [
                    "conf/a.yml": "# ä\na: \(try repo.seal("one"))\nb: \"x\(try repo.seal("two", as: .nacl))y\"\n",
                    "conf/sub/b.json": #"{"a": "\#(try repo.seal("three"))"}"#, "conf/plain.txt": "no secret\n",
                ]
                for (name, text) in texts { try repo.write(name, text) }
                try await repo.mounted("conf", "--layout", "files") { (mount) async throws in
                    let names = try await namesShown(mount)
                    #expect(names == ["a.yml", "sub/b.json"])
                    for name in ["a.yml", "sub/b.json"] {
                        let decrypted = try await repo.shell("secretaryctl decrypt < conf/\(name)")
                        #expect(try await read(mount, name) == decrypted.text)
                    }
                }
                try await repo.mounted("conf", "--layout", "files", "--all") { (mount) async throws in
                    let names = try await namesShown(mount)
                    #expect(names == ["a.yml", "plain.txt", "sub/b.json"])
                    #expect(try await read(mount, "plain.txt") == "no secret\n")
                }
            }
        }

        private static let settings = """
            version: 1
            views:
              web:
                source: prod/web.yml
                select: env
                app: /prod/web
                files:
                  - { match: "DATABASE_*", mode: "0440", gid: 65534 }
                  - { match: tls.key, path: tls/key.pem, mode: "0400", uid: 65533 }
                render:
                  - { path: app.env, format: dotenv }
                  - { path: conf/app.json, format: json, mode: "0444" }
                  - path: app.conf
                    format: template
                    template: |
                      password={{ DATABASE_PASSWORD }} {{{{literal}}
                      key={{ tls.key }}

            """

        private static let nasty = "it's \"quoted\"\n$(touch /tmp/no) `x` \\ \u{e4} \t#end "

        private func makeWeb(_ repo: TestRepo) throws {
            let password = try repo.seal(Self.nasty, scope: "/prod/web#DATABASE_PASSWORD")
            try repo.write(
                "prod/web.yml",
                "env:\n  DATABASE_PASSWORD: \(password)\n  tls:\n    key: \(try repo.seal("KEY", scope: "/prod"))\nrest: \(try repo.seal("x"))\n"
            )
        }

        @Test("a view gives files their places, owners and modes, and composes others")
        func view() async throws {
            try await TestRepo.with(settings: Self.settings) { (repo) async throws in
                try makeWeb(repo)
                try await repo.mounted(".", "--view", "web") { (mount) async throws in
                    let names = try await namesShown(mount)
                    #expect(
                        names == [
                            "DATABASE_PASSWORD", "app.conf", "app.env", "conf/app.json", "tls/key.pem",
                        ])
                    let modes = try await repo.shell(
                        "cd $M && stat -c '%a %u %g %n' DATABASE_PASSWORD tls/key.pem conf/app.json app.env")
                    #expect(
                        modes.text
                            == "440 0 65534 DATABASE_PASSWORD\n400 65533 0 tls/key.pem\n444 0 0 conf/app.json\n400 0 0 app.env\n"
                    )
                    #expect(try await repo.attempt("read", mount["DATABASE_PASSWORD"], as: .nobody) == "ok")
                    #expect(try await repo.attempt("read", mount["DATABASE_PASSWORD"], as: .stranger) != "ok")
                    #expect(try await repo.attempt("read", mount["tls/key.pem"], as: .stranger) == "ok")
                    #expect(try await repo.attempt("read", mount["tls/key.pem"], as: .nobody) != "ok")
                    #expect(try await read(mount, "tls/key.pem") == "KEY")
                    let rendered = try await read(mount, "app.conf")
                    #expect(rendered == "password=\(Self.nasty) {{literal}}\nkey=KEY\n")
                }
            }
        }

        @Test("a composed .env gives a shell, and a composed JSON gives Python, the values exactly")
        func rendered() async throws {
            try await TestRepo.with(settings: Self.settings) { (repo) async throws in
                try makeWeb(repo)
                try await repo.mounted(".", "--view", "web") { (mount) async throws in
                    _ = try await read(mount, "app.env")
                    _ = try await read(mount, "conf/app.json")
                    let shell = try await repo.shell("set -a; . $M/app.env; printf '%s' \"$DATABASE_PASSWORD\"")
                    #expect(shell.text == Self.nasty, "\(shell.errors)")
                    let python = try await repo.run(
                        "python3",
                        [
                            "-c",
                            "import json,sys; d=json.load(open(sys.argv[1])); sys.stdout.write(d['DATABASE_PASSWORD']+'|'+d['tls']['key'])",
                            mount["conf/app.json"].string,
                        ])
                    #expect(python.text == Self.nasty + "|KEY", "\(python.errors)")
                }
            }
        }

        @Test("a view's app decides: a secret of another app is refused, and says so in the status")
        func scopes() async throws {
            try await TestRepo.with(settings: Self.settings) { (repo) async throws in
                let (foreign, renamed) = (
                    try repo.seal("a", scope: "/prod/billing"), try repo.seal("b", scope: "/prod/web#OTHER")
                )
                try repo.write(
                    "prod/web.yml",
                    "env:\n  A: \(foreign)\n  B: \(renamed)\n  DATABASE_PASSWORD: x\n  tls: { key: y }\n")
                try await repo.mounted(".", "--view", "web") { (mount) async throws in
                    #expect(try await repo.attempt("open", mount["A"]) == "open: EACCES")
                    #expect(try await repo.attempt("open", mount["B"]) == "open: EACCES")
                    #expect(try await mount.status().text.contains("/prod/billing"))
                }
                // The holder of the master key, outside any identity, may.
                try await repo.mounted("prod/web.yml") { (mount) async throws in
                    let content = try await read(mount, "env/A")
                    #expect(content == "a")
                }
                try await repo.mounted("prod/web.yml", "--app", "/prod/billing/worker") { (mount) async throws in
                    #expect(try await read(mount, "env/A") == "a")
                    #expect(try await repo.attempt("open", mount["env/B"]) == "open: EACCES")
                }
            }
        }

        @Test("without --app, the scope of a file's environment is who reads")
        func environmentScope() async throws {
            let settings = """
                version: 1
                unscoped: deny
                environments:
                  - { path: "prod/**", scope: "/prod/{path}" }
                """
            try await TestRepo.with(settings: settings) { (repo) async throws in
                let (own, copied) = (try repo.seal("a", scope: "/prod/web"), try repo.seal("b", scope: "/prod/shop"))
                try repo.write(
                    "prod/web.yml", "own: \(own)\ncopied: \(copied)\nunscoped: \(try repo.seal("c", as: .nacl))\n")
                try await repo.mounted(".") { (mount) async throws in
                    #expect(try await read(mount, "prod/web.yml/own") == "a")
                    #expect(try await repo.attempt("open", mount["prod/web.yml/copied"]) == "open: EACCES")
                    #expect(try await repo.attempt("open", mount["prod/web.yml/unscoped"]) == "open: EACCES")
                }
            }
        }

        @Test("a folder cannot be selected from or composed of; a changed template file shows")
        func foldersAndTemplates() async throws {
            let settings = """
                version: 1
                views:
                  folder: { source: prod, render: [ { path: app.env, format: dotenv } ] }
                  text: { source: prod/web.yml, render: [ { path: t, format: template, template-file: etc/t } ] }

                """
            try await TestRepo.with(settings: settings) { (repo) async throws in
                try repo.write("prod/web.yml", "a: \(try repo.seal("v"))\n")
                try repo.write("etc/t", "1 {{ a }}")
                for arguments in [["--view", "folder", "."], ["--select", "a", "prod"]] {
                    let result = try await repo.run("secretaryctl", ["mount"] + arguments + [repo.mountpoint.string])
                    #expect(result.status == 78)
                    #expect(result.errors.contains("for a single file"), "\(result.errors)")
                }
                try await repo.mounted(".", "--view", "text") { (mount) async throws in
                    #expect(try await mount.read("t").text == "1 v")
                    try repo.write("etc/t", "2 {{ a }}")
                    try await eventually("the new template shows") { try await mount.read("t").text == "2 v" }
                }
            }
        }

        @Test("keys that are no file names are percent-encoded; two files at one path are an error that names both")
        func fileNames() async throws {
            try await TestRepo.with { (repo) async throws in
                let value = try repo.seal("v")
                try repo.write(
                    "web.yml",
                    "\"a/b\": \(value)\n\"..\": \(value)\n\"100%\": \(value)\n\"\": \(value)\n\"a b\\n\": \(value)\n")
                try await repo.mounted("web.yml") { (mount) async throws in
                    for name in ["a%2Fb", "%2E%2E", "100%25", "%", "a b\n"] {
                        #expect(try await mount.read(name).text == "v", "\(name)")
                    }
                }
                try repo.write(
                    ".secretary.yaml",
                    "version: 1\nviews: { web: { source: two.yml, files: [ { match: \"*\", path: same } ] } }\n")
                try repo.write("two.yml", "a: \(value)\nb: \(value)\n")
                let result = try await repo.secretaryctl("mount", "--view", "web", ".", repo.mountpoint.string)
                #expect(result.status == 78)
                #expect(
                    result.errors.contains("two.yml:1:4") && result.errors.contains("two.yml:2:4"), "\(result.errors)")
            }
        }
    }
}

import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("Rules about readers")
    struct Readers {
        /// Mounts a view of one file, `key`, with these rules, for all users as far as the mode goes.
        private func mounted(
            _ repo: TestRepo, _ rules: String, _ options: [String] = [], _ body: (Mount) async throws -> Void
        ) async throws {
            try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
            try write(rules, in: repo)
            let mount = try await Mount(repo, ".", ["--view", "v", "--mode", "0444"] + options, at: repo.mountpoint)
            do {
                try await body(mount)
            } catch {
                _ = try await repo.secretaryctl("unmount", "--lazy", mount.path.string)
                throw error
            }
            try await mount.end(#_sourceLocation)
        }

        private func write(_ rules: String, in repo: TestRepo) throws {
            try repo.write(
                ".secretary.yaml", "version: 1\nviews: { v: { source: app.yml, readers: [\(rules)] } }\n")
        }

        /// What `explain` says of the reader, as the probe `attempt` would say it.
        private func explained(_ repo: TestRepo, _ reader: String...) async throws -> String {
            let result = try await repo.run(
                "secretaryctl", ["explain", "--view", "v", "--file", "key", "--mode", "0444"] + reader)
            #expect(result.status == 0 || result.status == 77, "\(result.errors)")
            return result.status == 0 ? "ok" : "open: EACCES"
        }

        @Test(
            "by user: as explain says",
            arguments: [
                ("", [.root, .nobody, .stranger]), ("{deny: any}", []),
                ("{allow: {uid: 65534}}, {deny: any}", [.nobody]), ("{deny: {uid: 0}}", [.nobody, .stranger]),
                ("{deny: {gid: 65533}}", [.root, .nobody]), ("{allow: {uid: 65534, gid: 0}}, {deny: any}", []),
            ] as [(String, Set<Account>)])
        func users(rules: String, readers: Set<Account>) async throws {
            try await TestRepo.with { repo in
                try await mounted(repo, rules) { mount in
                    for account in [Account.root, .nobody, .stranger] {
                        let answer = readers.contains(account) ? "ok" : "open: EACCES"
                        #expect(try await repo.attempt("read", mount["key"], as: account) == answer, "\(account)")
                        #expect(try await repo.attempt("stat", mount["key"], as: account) == "ok", "\(account)")
                        #expect(try await explained(repo, "--uid", "\(account.number)") == answer, "\(account)")
                    }
                    let status = try await mount.status()
                    #expect(status.text.contains("views.v.readers[") == (readers.count < 3))
                    #expect(!status.text.contains("hunter2"))
                }
            }
        }

        @Test("by program: a copy of the same is another, and so is the same in another mount namespace")
        func programs() async throws {
            try await TestRepo.with { repo in
                let cat = repo.place.appending("cat").string
                #expect(try await repo.run("cp", ["/usr/bin/cat", cat]).status == 0)
                try await mounted(repo, "{allow: {exe: \(cat)}}, {deny: any}") { (mount) async throws in
                    let key = mount["key"].string
                    #expect(try await repo.run(cat, [key]).text == "hunter2")
                    for account in [Account.nobody, .stranger] {
                        #expect(try await repo.run(cat, [key], as: account).text == "hunter2")
                    }
                    for line in [["/usr/bin/cat"], ["unshare", "--mount", cat]] {
                        let result = try await repo.run(line[0], line.dropFirst() + [key])
                        #expect(result.errors.contains("Permission denied"), "\(line)")
                    }
                    // One process, two programs: the second open is another reader's.
                    let both = try await repo.shell("cat 2>&1 <$M/key || exec \(cat) $M/key")
                    #expect(both.text.contains("hunter2"))
                    #expect(try await repo.shell("exec \(cat) $M/key").text == "hunter2")
                    #expect(try await explained(repo, "--uid", "0", "--exe", cat) == "ok")
                    #expect(try await explained(repo, "--uid", "0", "--exe", "/usr/bin/cat") == "open: EACCES")
                    #expect(try await explained(repo, "--uid", "0") == "open: EACCES")
                    // Replaced, as by an upgrade: who runs the old one is no longer known by its path.
                    let script = "mkfifo $OUT/fifo; echo $$ >$OUT/pid; exec \(cat) $OUT/fifo $M/key"
                    let reader = try await repo.start("sh", ["-euc", script], output: "reader")
                    var pid = ""
                    try await eventually("the reader runs") {
                        pid = try await repo.run("cat", [repo.output.appending("pid").string]).text.filter(\.isNumber)
                        return try await repo.run("readlink", ["/proc/\(pid)/exe"]).text == "\(cat)\n"
                    }
                    #expect(try await explained(repo, "--pid", pid) == "ok")
                    #expect(try await repo.run("rm", [cat]).status == 0)
                    #expect(try await explained(repo, "--pid", pid) == "open: EACCES")
                    #expect(try await repo.shell(": >$OUT/fifo").status == 0)
                    #expect(try await reader.end() == 1)
                }
            }
        }

        @Test("by control group and container, each open anew: a reader that is moved is another")
        func controlGroups() async throws {
            let id = String(repeating: "0123456789abcdef", count: 4)
            try await ControlGroups.with(["web", "web/docker-\(id).scope"]) { groups in
                try await TestRepo.with { repo in
                    let rules = """
                        {deny: {container: "ffff*"}}, {allow: {container: "0123*", exe: "/usr/bin/*"}}, \
                        {allow: {cgroup: "\(groups.path)/web"}}, {deny: any}
                        """
                    try await mounted(repo, rules) { mount in
                        for (group, answer) in [
                            ("", "open: EACCES"), ("web", "ok"), ("web/docker-\(id).scope", "open: EACCES"),
                        ] {
                            // The probe is not in /usr/bin.
                            let line = "echo $$ >\(groups.folder)/\(group)/cgroup.procs && exec attempt read $M/key"
                            #expect(try await repo.shell(line).text == "\(answer)\n", "\(group)")
                            let path = group.isEmpty ? groups.path : "\(groups.path)/\(group)"
                            #expect(try await explained(repo, "--uid", "0", "--cgroup", path) == answer, "\(group)")
                        }
                        let line = "echo $$ >\(groups.folder)/web/docker-\(id).scope/cgroup.procs && exec cat $M/key"
                        #expect(try await repo.shell(line).text == "hunter2")
                        // One process, in one group and then in another.
                        let moved = try await repo.shell(
                            """
                            echo $$ >\(groups.folder)/web/cgroup.procs
                            read -r first <$M/key || echo "$first"
                            echo $$ >\(groups.folder)/cgroup.procs
                            read -r second <$M/key || echo denied
                            """)
                        #expect(moved.text.hasPrefix("hunter2\n") && !moved.text.contains("hunter2\nhunter2"))
                    }
                }
            }
        }

        @Test("rules change with the source, from the next open on; broken ones leave those before in force")
        func live() async throws {
            try await TestRepo.with { repo in
                try await mounted(repo, "{deny: {uid: 65534}}") { mount in
                    func opens() async throws -> Bool {
                        try await repo.attempt("read", mount["key"], as: .nobody) == "ok"
                    }
                    #expect(try await !opens())
                    try write("{deny: {uid: 65533}}", in: repo)
                    try await eventually("nobody may read") { try await opens() }
                    try write("{deny: {uid: nobody}}", in: repo)
                    try await eventually("the mount says what is wrong") {
                        try await mount.status().string("error").contains("readers[0].deny.uid")
                    }
                    #expect(try await opens())
                    try write("{deny: any}", in: repo)
                    try await eventually("nobody may not read") { try await !opens() }
                    #expect(try await mount.status().string("error").isEmpty)
                }
            }
        }

        @Test("an ordinary user's mount keeps them for that user's programs, too")
        func ordinaryUser() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try await mounted(repo, "{allow: {exe: /usr/bin/cat}}, {deny: any}") { (mount) async throws in
                    #expect(try await mount.read("key").text == "hunter2")
                    #expect(try await repo.attempt("read", mount["key"]) == "open: EACCES")
                    #expect(try await repo.run("head", ["-c1", mount["key"].string]).status == 1)
                }
            }
        }

        @Test("a reader in a pid namespace of its own is known, as root's mount sees into it")
        func pidNamespaces() async throws {
            try await TestRepo.with { repo in
                try await mounted(repo, "{allow: {uid: 0, exe: /usr/bin/cat}}, {deny: any}") { (mount) async throws in
                    let inside = try await repo.run("unshare", ["--pid", "--fork", "cat", mount["key"].string])
                    #expect(inside.text == "hunter2")
                    let probe = try await repo.run(
                        "unshare", ["--pid", "--fork", "attempt", "read", mount["key"].string])
                    #expect(probe.text == "open: EACCES\n")
                }
            }
        }

        @Test("a reader outside the pid namespace of the mount is unknown: no rule allows it, and every one denies it")
        func outsidePidNamespace() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
                try write("{allow: {exe: '**'}}, {deny: any}", in: repo)
                let server = try await repo.start(
                    "unshare",
                    ["--pid", "--fork", "--kill-child", "secretaryctl", "mount", "--foreground", "--view", "v"]
                        + [".", repo.mountpoint.string], output: "server")
                try await eventually("the mount is there") {
                    try await repo.attempt("stat", repo.mountpoint.appending("key")) == "ok"
                }
                #expect(try await repo.attempt("read", repo.mountpoint.appending("key")) == "open: EACCES")
                try write("{allow: {uid: 0}}", in: repo)
                try await eventually("a rule about users knows it") {
                    try await repo.attempt("read", repo.mountpoint.appending("key")) == "ok"
                }
                #expect(try await repo.secretaryctl("unmount", repo.mountpoint.string).status == 0)
                #expect(try await server.end() == 0)
            }
        }

        @Test("with the policy resident nobody hears of an open: the mount is refused, and rules that come later are")
        func resident() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
                try write("{deny: {uid: 7}}", in: repo)
                let options = ["mount", "--cache", "resident", "--view", "v", ".", repo.mountpoint.string]
                let refused = try await repo.run("secretaryctl", options)
                #expect(refused.status == 78)
                #expect(refused.errors.contains("views.v.readers[0]"))
                #expect(refused.errors.contains("hint: mount with --cache open or strict"))
                try await mounted(repo, "", ["--cache", "resident"]) { mount in
                    try write("{deny: {uid: 7}}", in: repo)
                    try await eventually("the mount says that it cannot keep the rule") {
                        try await mount.status().string("error").contains("--cache resident")
                    }
                    #expect(try mount.text("key") == "hunter2")
                }
            }
        }

        @Test("an open that many make at once is decided for each")
        func many() async throws {
            try await TestRepo.with { repo in
                try await mounted(repo, "{deny: {uid: 65534}}, {allow: {exe: /usr/bin/cat}}, {deny: any}") {
                    (mount) async throws in
                    let script = """
                        for i in $(seq 50); do
                            cat $M/key >>$OUT/allowed & head -c9 $M/key >>$OUT/denied 2>/dev/null &
                            setpriv --reuid=65534 cat $M/key >>$OUT/denied 2>/dev/null &
                            wait
                        done
                        """
                    _ = try await repo.shell(script)
                    let allowed = try Scratch.read(repo.output.appending("allowed"))
                    #expect(String(decoding: allowed, as: UTF8.self) == String(repeating: "hunter2", count: 50))
                    #expect(try Scratch.read(repo.output.appending("denied")).isEmpty)
                    #expect(try mount.worker.descriptors().count < 200, "what has ended is let go of")
                }
            }
        }
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// `exec --mount`: files that only one command sees.
    @Suite("Mounts for one command")
    struct PrivateMounts {
        private func makeSource(_ repo: TestRepo) throws {
            try repo.write("app.yml", "password: \(try repo.seal("s3cret"))\n")
        }

        /// Runs a script as the command of `exec`, with the source at the mountpoint.
        private func exec(_ repo: TestRepo, _ script: String, _ options: String...) async throws -> CommandResult {
            try await repo.run(
                "secretaryctl",
                ["exec", "--mount", "app.yml=\(repo.mountpoint)"] + options + ["--", "sh", "-uc", script])
        }

        /// Nothing is mounted, and no server runs; it may take a moment after the command has ended.
        private func isGone(_ repo: TestRepo) async throws {
            try await eventually("the servers end") { try Leftovers.processes(of: repo).isEmpty }
        }

        @Test(
            "the command and its children see the files, nobody else does, and they end with it", arguments: Account.all
        )
        func visibility(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let command = try await repo.start(
                    "secretaryctl",
                    [
                        "exec", "--mount", "app.yml=\(repo.mountpoint)", "--", "sh", "-euc",
                        "cat $M/password; (sh -c 'cat $M/password'); id -u; echo; touch $OUT/ready; while [ ! -e $OUT/end ]; do sleep 0.01; done",
                    ], output: "seen")
                try await eventually("the files can be read") {
                    try Scratch.list(repo.output).contains("ready")
                }
                #expect(
                    try Scratch.read(repo.output.appending("seen")) == Array("s3crets3cret\(account.number)\n\n".utf8))
                #expect(try await repo.shell("ls -A $M").text == "")
                #expect(try await Leftovers.mounts(of: repo) == [])
                #expect(try await repo.shell("touch $OUT/end").status == 0)
                #expect(try await command.end() == 0)
                try await isGone(repo)
            }
        }

        @Test("the command is the process itself: number, status, signals and descriptors", arguments: Account.all)
        func process(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let same = try await repo.shell(
                    #"sh -c 'echo $$ >$OUT/a; exec secretaryctl exec --mount app.yml=$M -- sh -c "echo \$\$ >$OUT/b"'; cmp $OUT/a $OUT/b"#
                )
                #expect(same.status == 0, "\(same.errors)")
                #expect(try await exec(repo, "exit 7").status == 7)
                #expect(try await exec(repo, "kill -TERM $$").status == 128 + SIGTERM)
                let descriptors = try await exec(repo, "ls /proc/self/fd; ps -o args= --ppid $$")
                #expect(descriptors.text.hasPrefix("0\n1\n2\n3\nps "), "\(descriptors.text)")
                #expect(try await exec(repo, "/no/such").status == 127)
                // The servers must not keep a pipe open that somebody reads to its end.
                let piped = try await repo.shell(
                    "secretaryctl exec --mount app.yml=$M -- sh -c 'echo done' | cat; test -z \"$(ls -A $M)\"")
                #expect(piped.text == "done\n" && piped.status == 0, "\(piped.errors)")
                try await isGone(repo)
            }
        }

        @Test("the command gets no privileges, and ignored signals stay ignored", arguments: Account.all)
        func privileges(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let result = try await exec(repo, "grep -E '^(Cap(Eff|Inh|Amb)|NoNewPrivs)' /proc/self/status")
                let effective = account == .root ? try await effectiveOfRoot(repo) : "0000000000000000"
                #expect(
                    result.text
                        == "CapInh:\t0000000000000000\nCapEff:\t\(effective)\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n"
                )
                let ignored = try await repo.shell(
                    "env --ignore-signal=CHLD secretaryctl exec --mount app.yml=$M -- grep SigIgn /proc/self/status")
                #expect(ignored.text.hasSuffix("10000\n"), "\(ignored.text)")
                try await isGone(repo)
            }
        }

        private func effectiveOfRoot(_ repo: TestRepo) async throws -> Substring {
            try #require(
                try await repo.shell("grep CapEff /proc/self/status").text.dropLast().split(separator: "\t").last)
        }

        @Test("variables are decrypted beside it, and several sources mounted", arguments: Account.all)
        func together(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                try repo.write("other.yml", "token: \(try repo.seal("t0ken"))\n")
                let result = try await repo.run(
                    "secretaryctl",
                    [
                        "exec", "--mount", "app.yml=\(repo.mountpoint)", "--mount", "other.yml=\(repo.plain)", "--",
                        "sh",
                        "-uc", "cat $M/password $P/token; echo $KEY",
                    ], environment: ["KEY": try repo.seal("variable")])
                #expect(result.text == "s3crett0kenvariable\n", "\(result.errors)")
                try await isGone(repo)
            }
        }

        @Test("a process that outlives the command loses the files")
        func daemon() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                let result = try await exec(
                    repo,
                    "(while cat $M/password >/dev/null 2>&1; do sleep 0.01; done; touch $OUT/lost) >/dev/null 2>&1 &")
                #expect(result.status == 0)
                try await eventually("the files are gone") { try Scratch.list(repo.output).contains("lost") }
                try await isGone(repo)
            }
        }

        @Test("files follow their source, and a server that is killed is replaced")
        func live() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                try repo.write("next.yml", "password: \(try repo.seal("changed"))\n")
                let result = try await exec(
                    repo,
                    """
                    kill -KILL $(sed -n 's/.*"worker_pid": \\([0-9]*\\),/\\1/p' $M/.secretary/status)
                    cat $M/password; echo
                    cp next.yml app.yml
                    until [ "$(cat $M/password)" = changed ]; do sleep 0.01; done; echo followed
                    """)
                #expect(result.text == "s3cret\nfollowed\n", "\(result.errors)")
                try await isGone(repo)
            }
        }

        @Test("mistakes are said, and nothing runs", arguments: Account.all)
        func mistakes(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                func refused(_ mounts: [String], status: Int32, says text: String) async throws {
                    let options = mounts.flatMap { ["--mount", $0] }
                    let result = try await repo.run(
                        "secretaryctl", ["exec"] + options + ["--", "touch", "\(repo.output)/ran"])
                    #expect(
                        result.status == status && result.errors.contains(text), "\(result.status) \(result.errors)")
                    #expect(try Scratch.list(repo.output) == [])
                }
                let place = repo.mountpoint.string
                try await refused(["app.yml"], status: 64, says: "app.yml")
                try await refused(["app.yml=\(place)", "app.yml=\(place)/../mnt"], status: 64, says: "same place")
                try await refused(["app.yml=\(place)/missing"], status: 81, says: "mkdir -p \(place)/missing")
                try await refused(["missing.yml=\(place)"], status: 66, says: "missing.yml")
                try await refused(["app.yml=\(place)", "missing.yml=\(repo.plain)"], status: 66, says: "missing.yml")
                try await isGone(repo)
            }
        }

        @Test("a machine that gives ordinary users no namespaces")
        func forbidden() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                // The limit of a user namespace is its own: the machine's stays as it is.
                let result = try await repo.shell(
                    "unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all secretaryctl exec --mount app.yml=$M -- true'"
                )
                #expect(result.status == 81)
                #expect(result.errors.contains("user.max_user_namespaces is 0"), "\(result.errors)")
            }
        }
    }
}

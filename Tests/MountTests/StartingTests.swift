import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("A mount that cannot be")
    struct Starting {
        /// Mounts, and expects an error; nothing must be left, which the end of the test checks.
        private func refused(
            _ repo: TestRepo, _ arguments: String..., as other: Account? = nil, environment: [String: String] = [:],
            status: Int32, says: String..., location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            let result = try await repo.run(
                "secretaryctl", ["mount"] + arguments, as: other, environment: environment)
            #expect(result.status == status, "\(result.errors)", sourceLocation: location)
            for text in says {
                #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: location)
            }
            #expect(try await Leftovers.mounts(of: repo).isEmpty, sourceLocation: location)
        }

        private func makeSource(_ repo: TestRepo) throws {
            try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
            try repo.give(repo.root)
        }

        @Test("a source that is missing, unreadable or broken is named", arguments: Account.all)
        func source(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let target = repo.mountpoint.string
                try await refused(repo, "missing.yml", target, status: 66, says: "missing.yml", "No such file")
                try repo.write("broken.yml", "a: [\n")
                try await refused(repo, "broken.yml", target, status: 65, says: "broken.yml:2:1")
                try repo.write(".secretary.yaml", "version: 1\nvews: {}\n")
                try await refused(repo, "web.yml", target, status: 78, says: ".secretary.yaml:2:1", "views")
                try await refused(repo, "--view", "none", ".", target, status: 78, says: ".secretary.yaml:2:1")
                try repo.write(".secretary.yaml", "version: 1\nviews: { web: { source: web.yml } }\n")
                try await refused(repo, "--view", "none", ".", target, status: 66, says: "none", "web")
            }
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                _ = try await repo.shell("chmod 000 web.yml")
                try await refused(
                    repo, "web.yml", repo.mountpoint.string, status: 66, says: "web.yml", "Permission denied", "hint")
            }
        }

        @Test(
            "a mountpoint that is missing, no directory or not empty is named, with what to do", arguments: Account.all)
        func mountpoint(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                try await refused(
                    repo, "web.yml", "/no/such", status: 81, says: "/no/such", "hint: mkdir -p /no/such")
                try await refused(repo, "web.yml", "web.yml", status: 81, says: "web.yml", "give a directory")
                try await refused(repo, "web.yml", repo.root.string, status: 81, says: "is not empty", "hint")
            }
        }

        @Test("an ordinary user mounts only where they may write")
        func writable() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                _ = try await repo.run("chown", ["root", repo.mountpoint.string], as: .root)
                try await refused(repo, "web.yml", repo.mountpoint.string, status: 81, says: "you may not write there")
            }
        }

        @Test("a mountpoint that is ours already is left as it is", arguments: Account.all)
        func mountedAlready(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                try await repo.mounted("web.yml") { (mount) async throws in
                    let again = try await repo.secretaryctl("mount", "web.yml", repo.mountpoint.string)
                    #expect(again.status == 81)
                    #expect(again.errors.contains("is a SecretFS mount already"))
                    #expect(again.errors.contains("hint: secretaryctl unmount"))
                    #expect(try await mount.read("password").text == "s3cret")
                }
            }
        }

        @Test("no key, keys that do not fit, and a key that others can read are told apart")
        func keys() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                try repo.write("nacl.yml", "password: \(try repo.seal("s", as: .nacl))\n")
                let target = repo.mountpoint.string
                let other = try await repo.secretaryctl("genkeys", "--path", "other", "master", "config")
                #expect(other.status == 0)
                for source in ["web.yml", "nacl.yml"] {
                    _ = try await repo.shell("mv keys kept; cp -r other keys")
                    try await refused(
                        repo, source, target, status: 80, says: source, "no key at hand opens any", "hint")
                    _ = try await repo.shell("rm -r keys; mv kept keys")
                }
                _ = try await repo.shell("mv keys kept")
                try await refused(repo, "web.yml", target, status: 66, says: "key", "hint")
                _ = try await repo.shell("mv kept keys; chmod 644 keys/master-private-key.pem")
                try await refused(
                    repo, "web.yml", target, status: 77, says: "master-private-key.pem", "hint: chmod 600")
                _ = try await repo.shell("chmod 600 keys/master-private-key.pem")
            }
        }

        @Test("arguments that do not go together are refused, and say why")
        func arguments() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                let target = repo.mountpoint.string
                try await refused(repo, "web.yml", status: 64, says: "mountpoint")
                try await refused(repo, "--mode", "999", "web.yml", target, status: 64, says: "999")
                try await refused(repo, "--cache", "never", "web.yml", target, status: 64, says: "strict")
                try await refused(repo, "--app", "no-slash", "web.yml", target, status: 64, says: "--app")
                try await refused(
                    repo, "--layout", "files", "--select", "a", "web.yml", target, status: 64, says: "--layout")
                try await refused(
                    repo, "--secretary-url", "http://localhost:1", "web.yml", target, status: 64, says: "--app-id")
                try await refused(repo, "--fresh", "9", "--stale", "1", "web.yml", target, status: 64, says: "--stale")
            }
        }

        /// What is mounted here must not appear elsewhere; `unshare` could see to it only where `/` is a mount.
        private let isolation = """
            for place in /dev /usr/bin /etc $M; do mount --make-private "$(stat -c %m $place)"; done

            """

        /// Runs a script in a mount namespace of its own, in which it can hide parts of the machine.
        private func hidden(_ repo: TestRepo, _ script: String) async throws -> CommandResult {
            try await repo.run(
                "unshare", ["--mount", "--propagation", "unchanged", "sh", "-uc", isolation + script], as: .root)
        }

        private static let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups --"

        @Test("a machine without /dev/fuse", arguments: Account.all)
        func noDevice(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let user = account == .root ? "" : Self.nobody
                let result = try await hidden(
                    repo,
                    "mkdir $OUT/dev && mount -t tmpfs none /dev && mknod /dev/null c 1 3 && chmod 666 /dev/null; \(user) secretaryctl mount web.yml $M"
                )
                #expect(result.status == 81)
                #expect(
                    result.errors.contains("/dev/fuse") && result.errors.contains("modprobe fuse"), "\(result.errors)")
            }
        }

        @Test("an ordinary user without fusermount3")
        func noFusermount() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                let result = try await hidden(
                    repo,
                    """
                    : >$OUT/empty; for program in /usr/bin/fusermount3 /bin/fusermount3; do mount --bind $OUT/empty $program; done
                    \(Self.nobody) secretaryctl mount web.yml $M
                    """)
                #expect(result.status == 81)
                #expect(
                    result.errors.contains("fusermount3 is not installed")
                        && result.errors.contains("apt-get install fuse3"),
                    "\(result.errors)")
            }
        }

        @Test("a mount that fails says so by its status, also to who ignores the end of its children")
        func ignoredChildren() async throws {
            try await TestRepo.with { repo in
                try makeSource(repo)
                let line = "env --ignore-signal=CHLD secretaryctl"
                let refused = try await repo.shell("\(line) mount nothing.yml $M")
                #expect(refused.status == 66, "\(refused.errors)")
                let mounted = try await repo.shell("\(line) mount web.yml $M && cat $M/password && \(line) unmount $M")
                #expect(mounted.status == 0 && mounted.text == "s3cret", "\(mounted.errors)")
            }
        }

        @Test("an ordinary user admits others only where the machine's owner allows it")
        func allowOther() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                try makeSource(repo)
                let refused = try await hidden(
                    repo,
                    "echo '# user_allow_other' >$OUT/conf; mount --bind $OUT/conf /etc/fuse.conf; \(Self.nobody) secretaryctl mount --allow-other web.yml $M"
                )
                #expect(refused.status == 81)
                #expect(refused.errors.contains("user_allow_other"), "\(refused.errors)")
                let allowed = try await hidden(
                    repo,
                    """
                    echo user_allow_other >$OUT/conf; mount --bind $OUT/conf /etc/fuse.conf
                    \(Self.nobody) secretaryctl mount --allow-other --mode 0444 web.yml $M
                    cat $M/password; \(Self.nobody) secretaryctl unmount $M
                    """)
                #expect(allowed.text == "s3cret", "\(allowed.errors)")
            }
        }
    }
}

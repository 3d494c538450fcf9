import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// `secretaryctl doctor` on a real machine.
    @Suite("Doctor")
    struct Doctor {
        /// What it says of one thing, and how it exits; it must not take long whatever is wrong.
        private func examine(_ repo: TestRepo, _ check: String, _ arguments: String...) async throws
            -> (status: Int32, lines: [Substring])
        {
            let result = try await repo.run("timeout", ["100", "secretaryctl", "doctor"] + arguments, directory: "/")
            #expect(result.errors == "")
            return (
                result.status,
                result.text.split(separator: "\n").filter { $0.dropFirst(9).hasPrefix(check) }
            )
        }

        @Test("a mount that answers, one that does not, and one without a server", arguments: Account.all)
        func mounts(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try repo.write("app.yml", "password: \(try repo.seal("s3cret"))\n")
                try await repo.mounted("app.yml") { (mount) async throws in
                    let alive = try await examine(repo, "mounts")
                    #expect(!alive.lines.contains { $0.contains(mount.path.string) })
                    let processes = try Leftovers.processes(of: repo)
                    for process in processes { try process.signal(SIGSTOP) }
                    let silent = try await examine(repo, "mounts")
                    for process in processes { try process.signal(SIGCONT) }
                    #expect(silent.status == 78)
                    #expect(silent.lines.contains { $0.contains("\(mount.path) does not answer") }, "\(silent)")
                }
                _ = try await Mount(repo, "app.yml", [], at: repo.mountpoint)
                for process in try Leftovers.processes(of: repo) { try process.signal(SIGKILL) }
                try await eventually("the servers are gone") { try Leftovers.processes(of: repo).isEmpty }
                let dead = try await examine(repo, "mounts")
                #expect(dead.status == 78)
                #expect(dead.lines.contains { $0.contains("\(repo.mountpoint) has lost its server") }, "\(dead)")
                #expect(try await repo.secretaryctl("unmount", repo.mountpoint.string).status == 0)
            }
        }

        @Test("a source that can be shown, and what keeps it from it", arguments: Account.all)
        func source(account: Account) async throws {
            let settings =
                "version: 1\nkeys: { master: keys/master-public-key.pem, config: keys/config-private-key.pem }\n"
            try await TestRepo.with(account, settings: settings) { (repo) async throws in
                try repo.write("app.yml", "password: \(try repo.seal("s3cret"))\n")
                let source = repo.root.appending("app.yml").string
                #expect(
                    try await examine(repo, "source", source).lines.contains { $0.hasSuffix("1 secret in \(source)") })
                #expect(try await examine(repo, "keys", source).lines.allSatisfy { $0.hasPrefix("ok ") })

                let key = repo.root.appending("keys/config-private-key.pem")
                #expect(unsafe chmod(key.string, 0o644) == 0)
                let open = try await examine(repo, "key file", source)
                #expect(open.status == 78)
                #expect(open.lines.contains { $0.hasPrefix("problem") && $0.contains("\(key) (mode 0644)") }, "\(open)")

                try repo.write("app.yml", "password: [\n")
                let broken = try await examine(repo, "source", source)
                #expect(broken.status == 78)
                #expect(broken.lines.contains { $0.hasPrefix("problem") && $0.contains("app.yml:") }, "\(broken)")
            }
        }

        @Test("as JSON")
        func json() async throws {
            try await TestRepo.with { (repo) async throws in
                let result = try await repo.secretaryctl("doctor", "--json")
                #expect(result.text.hasPrefix("[\n  {\n    \"check\": \"fuse device\",\n    \"level\": \"ok\",\n"))
                #expect(result.text.contains("\"fix\": null"))
                #expect(!result.text.contains("\u{1B}"))
            }
        }
    }
}

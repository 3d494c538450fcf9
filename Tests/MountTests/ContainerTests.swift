import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What the audit log says of readers in containers.
    @Suite("Readers in containers")
    struct Containers {
        private static let id = String(repeating: "0123456789abcdef", count: 4)
        private static let list = """
            [{"Id": "\(id)", "Names": ["/web.1"], "Image": "shop/web:3", "ImageID": "sha256:1f2e", "Command": "serve",
              "Labels": {"com.docker.swarm.service.name": "web", "com.docker.swarm.task.name": "web.1.x7"}}]
            """

        /// Opens a file of a volume from what looks like a container that has it, and ends the mount.
        /// - Parameters:
        ///   - opens: how often, each time by another process.
        ///   - socket: of the engine.
        /// - Returns: the records of these opens.
        private func records(
            _ repo: TestRepo, opens: Int, of container: String = "docker-\(id).scope", socket: FilePath
        ) async throws -> [AuditEntry] {
            try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
            try repo.define("web", ["source": "app.yml"])
            try repo.makeFolder(repo.place.appending("run"))
            let log = repo.place.appending("audit.log")
            try await ControlGroups.with([container]) { groups in
                let options = ["--audit-file", log.string, "--docker-socket", socket.string]
                try await repo.volumesMounted(options[0], options[1], options[2], options[3]) { (mount) async throws in
                    let script = """
                        echo $$ >\(groups.folder)/\(container)/cgroup.procs
                        exec unshare --mount sh -euc 'mount --bind $M/web $R; for i in $(seq \(opens)); do cat $R/key; done'
                        """
                    let result = try await repo.shell(script, environment: ["R": repo.place.appending("run").string])
                    #expect(result.text == String(repeating: "hunter2", count: opens), "\(result.errors)")
                }
            }
            var entries: [AuditEntry] = []
            _ = try AuditEntry.forEach(in: [log]) { if $0.event == .open { entries.append($0) } }
            #expect(entries.count == opens)
            #expect(
                entries.allSatisfy {
                    $0["secret"] == "web/key" && $0["container"] == Self.id || container != "docker-\(Self.id).scope"
                })
            return entries
        }

        @Test("image, service and task are those that the engine says, which is asked once for each container")
        func known() async throws {
            try await TestRepo.with { repo in
                let engine = try await FakeEngine(repo, answering: "200 OK", Self.list)
                for entry in try await records(repo, opens: 5, socket: engine.socket) {
                    #expect(entry["image"] == "sha256:1f2e" && entry["service"] == "web" && entry["task"] == "web.1.x7")
                    #expect(entry["engine"] == nil)
                }
                let filter = "filters=%7B%22id%22%3A%5B%22\(Self.id)%22%5D%7D"
                #expect(try engine.requests() == ["GET /containers/json?all=1&\(filter) HTTP/1.0"])
                let log = repo.place.appending("audit.log").string
                let shown = try await repo.secretaryctl("audit", "show", "--reader", "sha256:1f*", log)
                #expect(shown.text.split(separator: "\n").count == 5, "\(shown.text)")
                try await engine.end()
            }
        }

        @Test(
            "without a usable answer the record says why, and the open goes on",
            arguments: [
                ("200 OK", "[]", "does not know it"), ("500 Internal Server Error", "{}", "status 500"),
                ("200 OK", "{\"a\"", "docker.sock:1:"), ("200 OK", "[1, {}]", "no image"),
                ("", "", "did not answer"),
            ])
        func trouble(status: String, body: String, reason: String) async throws {
            try await TestRepo.with { repo in
                let engine = try await FakeEngine(repo, answering: status, body)
                let began = ContinuousClock.now
                for entry in try await records(repo, opens: 3, socket: engine.socket) {
                    #expect(
                        entry["image"] == nil && entry["engine"]?.contains(reason) == true, "\(entry["engine"] ?? "")")
                }
                // Three opens that each wait in vain, and a mount that comes and goes.
                #expect(ContinuousClock.now - began < .seconds(120))
                try await engine.end()
            }
        }

        @Test("where no engine is, or no container, nobody waits for one")
        func none() async throws {
            try await TestRepo.with { repo in
                let entry = try await records(repo, opens: 1, socket: repo.place.appending("docker.sock"))[0]
                #expect(entry["engine"]?.hasPrefix("nobody listens at ") == true)
            }
            try await TestRepo.with { repo in
                let engine = try await FakeEngine(repo, answering: "200 OK", Self.list)
                let entry = try await records(repo, opens: 1, of: "web", socket: engine.socket)[0]
                #expect(entry["container"] == nil && entry["engine"] == nil && entry["image"] == nil)
                #expect(try engine.requests() == [])
                try await engine.end()
            }
        }
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("A mount as a service")
    struct Service {
        /// Runs a mount under a service manager while `body` runs.
        private func serving(
            _ repo: TestRepo, _ options: [String] = [], _ environment: [String: String] = [:],
            _ body: (Mount) async throws -> Void
        ) async throws {
            let programs = try await PublicPrograms.shared().folder
            let manager = try await repo.start(
                "python3",
                ["\(programs)/service-manager.py", repo.output.string]
                    + ["secretaryctl", "mount", "--foreground"] + options
                    + ["\(repo.root)/many.yml", repo.mountpoint.string],
                output: "manager", environment: environment)
            try await waitForState("READY=1", of: repo, count: 1)
            let mount = try await Mount(repo, at: repo.mountpoint)
            try await body(mount)
            let server = pid_t(try await mount.status().number("pid"))
            kill(server, SIGTERM)
            #expect(try await manager.end() == 0)
            #expect(try states(of: repo).contains("STOPPING=1"))
        }

        private func states(of repo: TestRepo) throws -> String {
            let file = repo.output.appending("states")
            return (try? Scratch.read(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }

        private func waitForState(_ text: String, of repo: TestRepo, count: Int) async throws {
            try await eventually("the service says \(text) \(count) times") {
                try states(of: repo).split(separator: "\n").count { $0.contains(text) } >= count
            }
        }

        @Test("without a worker the service answers with errors, and says so until there is one again")
        func standIn() async throws {
            try await TestRepo.with { repo in
                try Survival.makeSource(repo)
                try await serving(repo) { mount in
                    _ = try await repo.shell("mv keys gone")
                    // The next supervisor has no key either: it is ready when it answers, with errors.
                    try mount.server.signal(SIGKILL)
                    try await waitForState("STATUS=Answering with errors: ", of: repo, count: 1)
                    try await waitForState("READY=1", of: repo, count: 2)
                    #expect(try await repo.attempt("read", mount["key1"]) == "open: EIO")
                    _ = try await repo.shell("mv gone keys")
                    try await waitForState("STATUS=Mounted at \(mount.path)", of: repo, count: 2)
                    #expect(try await repo.attempt("read", mount["key1"]) == "ok")
                }
            }
        }

        @Test("keys that come in variables of the service are in no process's environment, whichever start it is of")
        func keysInVariables() async throws {
            try await TestRepo.with { repo in
                try Survival.makeSource(repo)
                let key = try Scratch.read(repo.root.appending("keys/master-private-key.pem"))
                let config = repo.root.appending("keys/config-public-key.pem").string
                _ = try await repo.shell("mv keys/master-private-key.pem .")
                let variables = ["MASTER_PRIVATE_KEY": String(decoding: key, as: UTF8.self)]
                try await serving(repo, ["--config-key", config], variables) { mount in
                    for round in 2...3 {
                        let status = try await mount.status()
                        for name in ["pid", "worker_pid"] {
                            let environment = FilePath("/proc/\(try status.number(name))/environ")
                            let text = String(decoding: try Scratch.read(environment), as: UTF8.self)
                            #expect(text.contains("NOTIFY_SOCKET=") && !text.contains("MASTER_PRIVATE_KEY"), "\(name)")
                        }
                        kill(pid_t(try status.number("pid")), SIGKILL)
                        try await waitForState("READY=1", of: repo, count: round)
                        #expect(try await repo.attempt("read", mount["key1"]) == "ok")
                    }
                }
            }
        }

        @Test(
            "the supervisor is killed, again and again, with or without its worker: no call fails",
            arguments: [false, true])
        func kills(withWorker: Bool) async throws {
            try await TestRepo.with { repo in
                try Survival.makeSource(repo)
                try await serving(repo) { mount in
                    try await Survival.reading(mount) {
                        for round in 2...15 {
                            let status = try await mount.status()
                            if withWorker { kill(pid_t(try status.number("worker_pid")), SIGKILL) }
                            kill(pid_t(try status.number("pid")), SIGKILL)
                            try await waitForState("READY=1", of: repo, count: round)
                        }
                    }
                    #expect(try await mount.status().number("pid") != Int(mount.server.pid))
                }
            }
        }
    }
}

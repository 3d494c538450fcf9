import SecretaryCore
import TestSupport
import Testing

extension DockerEngineTests {
    /// `docker secret create --driver secretary`, with a swarm of one node.
    @Suite("Secrets of a swarm")
    struct SwarmSecrets {
        /// Starts where the plugin gets secrets, with one for `/prod/shop`.
        private func startCredentials(_ machine: DockerMachine) async throws {
            try machine.repo.write(
                ".secretary.yaml",
                """
                version: 1
                format: hpke
                keys: { master: keys/master-private-key.pem, config: keys/config-public-key.pem }

                """)
            try write("hunter2hunter2", machine)
            try await machine.startCredentials("--audit-file", "/run/audit.log")
        }

        /// Tells the swarm of the secret.
        private func create(_ machine: DockerMachine) async throws -> CommandResult {
            try await machine.run(
                "docker",
                ["secret", "create", "--driver", "secretary", "--label", "secretary.source=prod/web.yml"]
                    + ["--label", "secretary.key=database.password", "db-password"])
        }

        private func write(_ password: String, _ machine: DockerMachine) throws {
            let sealed = try machine.repo.seal(password, scope: "/prod/shop#password")
            try machine.repo.write("prod/web.yml", "database:\n  password: \(sealed)\n")
        }

        /// Starts a service whose task shows the secret, and reads no more.
        private func service(_ machine: DockerMachine, _ name: String, app: String) async throws {
            try await machine.docker(
                "service", "create", "--detach", "--name", name, "--network", "host", "--secret",
                "source=db-password,target=db-password,mode=0440", "--label", "secretary.app=\(app)",
                "--stop-grace-period", "0s", "busybox", "sh", "-c",
                "stat -c 'mode %a' /run/secrets/db-password; cat /run/secrets/db-password; echo; exec sleep 100000")
        }

        private func logs(_ machine: DockerMachine, _ service: String) async throws -> String {
            try await machine.docker("service", "logs", "--raw", service)
        }

        @Test("a service reads one, and after an update its new value; another app gets none, and all see why")
        func life() async throws {
            try await DockerMachine.with { machine in
                try await startCredentials(machine)
                try await machine.startPlugin("--credentials", DockerMachine.credentialsSocket)
                try await machine.startEngine()
                try await machine.makeImage()
                try await machine.startSwarm()
                #expect(try await create(machine).status == 0)
                try await service(machine, "shop_web", app: "/prod/shop")
                try await eventually("the task has the secret", within: .seconds(120)) {
                    try await logs(machine, "shop_web").contains("mode 440\nhunter2hunter2")
                }
                // Another value, the same secret: tasks that start from now on have it.
                try write("correct horse", machine)
                try await machine.docker("service", "update", "--detach", "--force", "shop_web")
                try await eventually("the new task has the new value", within: .seconds(120)) {
                    try await logs(machine, "shop_web").contains("correct horse")
                }

                try await service(machine, "other", app: "/prod/other")
                let warning = "warning: secret db-password for service other (app /prod/other), task "
                try await eventually("the plugin says that it was denied", within: .seconds(120)) {
                    try machine.repo.messages("plugin").contains(warning)
                }
                try await eventually("Docker has no secret for the task", within: .seconds(120)) {
                    try await machine.docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", "other")
                        .contains("unable to get secret from secret store")
                }
                #expect(try await !logs(machine, "other").contains("correct horse"))
                #expect(try machine.repo.messages("plugin").contains("is sealed for /prod/shop#password"))
                let metrics = try await machine.check(
                    "curl", ["-s", "--unix-socket", "/run/docker/plugins/secretary.sock", "http://plugin/metrics"])
                let denied = metrics.matches(of: /result="denied"} ([0-9]+)/).first?.output.1
                #expect(denied.flatMap { Int($0) } ?? 0 > 0, "\(metrics)")

                let audit = try await machine.shell("cat /run/audit.log").split(separator: "\n")
                let id = try await machine.docker("service", "inspect", "--format", "{{.ID}}", "shop_web")
                let open = audit.filter { $0.contains(#""event":"open""#) }
                #expect(open.count >= 2)
                #expect(open.allSatisfy { $0.contains(#""app":"/prod/shop","version":"\#(id)","task":""#) })
                #expect(Set(open.compactMap { $0.firstMatch(of: /"digest":"([0-9a-f]+)"/)?.output.1 }).count == 2)
                let denials = audit.filter { $0.contains(#""event":"denied""#) }
                #expect(!denials.isEmpty && denials.allSatisfy { $0.contains(#""app":"/prod/other""#) })
                #expect(!audit.contains { $0.contains("hunter2") || $0.contains("horse") })
                #expect(try !machine.repo.messages("plugin").contains("hunter2"))
                try await machine.docker("service", "rm", "shop_web", "other")
            }
        }

        @Test("an engine that has met the plugin without them knows no such driver before it is started again")
        func lateCredentials() async throws {
            try await DockerMachine.with { machine in
                let plugin = try await machine.startPlugin()
                let engine = try await machine.startEngine()
                try await machine.makeImage()
                #expect(try await machine.docker("volume", "ls", "--quiet") == "")
                try await startCredentials(machine)
                try await machine.end(plugin)
                try await machine.startPlugin("--credentials", DockerMachine.credentialsSocket)
                try await machine.startSwarm()
                let refused = try await create(machine)
                #expect(
                    refused.status == 1 && refused.errors.contains("Plugin does not implement the requested driver"))

                try await machine.end(engine)
                try await machine.startEngine()
                try await eventually("the swarm takes the secret") { try await create(machine).status == 0 }
                try await service(machine, "shop_web", app: "/prod/shop")
                try await eventually("the task has the secret", within: .seconds(120)) {
                    try await logs(machine, "shop_web").contains("mode 440\nhunter2hunter2")
                }
                try await machine.docker("service", "rm", "shop_web")
            }
        }
    }
}

extension DockerMachine {
    static let credentialsSocket = "/run/secretary/credentials.sock"

    /// Starts what decides about a swarm's secrets, for `/etc/secretary`.
    func startCredentials(_ options: String...) async throws {
        try await shell("mkdir -p /run/secretary")
        let line = ["env", "--chdir=/etc/secretary", "secretaryctl", "credentials", "--swarm"]
        _ = try await start("credentials", line + ["--listen", Self.credentialsSocket] + options + ["."])
        try await eventually("it listens") { try await run("test", ["-S", Self.credentialsSocket]).status == 0 }
    }
}

import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    /// The files of `docker-plugin/examples`, and the page that leads to them.
    @Suite("Examples")
    struct Examples {
        private static let secret = "correct horse battery staple"

        private func example(_ name: String) -> String {
            DockerMachine.project.appending("docker-plugin/examples").appending(name).string
        }

        @Test("compose brings a service up and takes it down again")
        func compose() async throws {
            try await DockerMachine.withVolumes { machine in
                try await machine.initialise()
                let compose = ["--project-name", "shop", "--file", example("compose.yml")]
                try await machine.check("docker-compose", compose + ["up", "--detach"])
                try await eventually("the service has its secret") {
                    try await machine.docker("logs", "shop_web_1").contains(Self.secret)
                }
                try await machine.check("docker-compose", compose + ["down", "--volumes", "--timeout", "0"])
                #expect(try await machine.docker("volume", "ls", "--quiet") == "")
                try await machine.leavesNothing()
            }
        }

        @Test("a swarm: three tasks have the volume, see a change, are updated one by one, and leave it")
        func stack() async throws {
            try await DockerMachine.withVolumes { machine in
                try await machine.initialise()
                // A swarm knows of the plugins that an engine has met.
                try await machine.docker("volume", "ls")
                try await machine.startSwarm()
                try await machine.docker("stack", "deploy", "--resolve-image=never", "-c", example("stack.yml"), "shop")
                try await eventually("all tasks run") { try await tasks(machine, running: 3) }
                try await eventually("all tasks have the secret") { try await logged(machine, Self.secret) == 3 }
                try await change(machine)
                try await eventually("all tasks see the change") {
                    let read = #"docker exec "$id" cat /run/secrets/database/password; echo"#
                    return try await machine.shell("for id in $(docker ps --quiet); do \(read); done")
                        == "changed\nchanged\nchanged"
                }
                try await machine.docker("service", "update", "--detach=false", "--force", "shop_web")
                // The new tasks are there before the former ones have ended.
                try await eventually("all tasks run") { try await tasks(machine, running: 3) }
                try await machine.docker("stack", "rm", "shop")
                try await eventually("the tasks are gone") { try await machine.docker("ps", "--all", "--quiet") == "" }
                try await machine.docker("swarm", "leave", "--force")
                try await machine.docker("volume", "rm", "shop_web-secrets")
                try await machine.leavesNothing()
            }
        }

        @Test("a swarm with a secret: three tasks have it, those of an update have the new value, and nothing is left")
        func secrets() async throws {
            try await DockerMachine.with { machine in
                try await machine.initialise()
                try await machine.startCredentials()
                try await machine.startPlugin("--credentials", DockerMachine.credentialsSocket)
                try await machine.startEngine()
                try await machine.makeImage()
                try await machine.startSwarm()
                let deploy = ["stack", "deploy", "--resolve-image=never", "-c", example("secrets.yml"), "shop"]
                try await machine.check("docker", deploy)
                try await eventually("all tasks run") { try await tasks(machine, running: 3) }
                try await eventually("all tasks have the secret") { try await logged(machine, Self.secret) == 3 }
                try await change(machine)
                // To deploy it once more is no error, and starts no new tasks.
                try await machine.check("docker", deploy)
                try await machine.docker(
                    "service", "update", "--detach", "--force", "--update-parallelism=0", "--stop-grace-period=0s",
                    "shop_web")
                try await eventually("all new tasks have the new value") { try await logged(machine, "changed") == 3 }
                #expect(try await logged(machine, Self.secret) == 3)
                try await machine.docker("stack", "rm", "shop")
                try await eventually("the tasks are gone") { try await machine.docker("ps", "--all", "--quiet") == "" }
                #expect(try await machine.docker("secret", "ls", "--quiet") == "")
            }
        }

        /// How many tasks have shown this.
        private func logged(_ machine: DockerMachine, _ text: String) async throws -> Int? {
            Int(try await machine.shell("docker service logs shop_web 2>&1 | grep -c '| \(text)$' || :"))
        }

        /// Changes the secret.
        private func change(_ machine: DockerMachine) async throws {
            let password = try await machine.shell(
                "cd /etc/secretary; printf changed | secretaryctl encrypt --scope /prod/web")
            try machine.repo.write("prod/web.yml", "database:\n  password: \(password)\n")
        }

        private func tasks(_ machine: DockerMachine, running count: Int) async throws -> Bool {
            try await machine.docker("service", "ls", "--format", "{{.Replicas}}") == "\(count)/\(count)"
        }

        @Test("the five commands of Documentation/docker.md lead from nothing to a container with a secret")
        func page() async throws {
            try await DockerMachine.with { machine in
                try await machine.shell("rm -rf /etc/secretary/* /etc/secretary/.[a-z]*")
                try await machine.startEngine()
                try await machine.makeImage()
                let page = DockerMachine.project.appending("Documentation/docker.md")
                let text = String(decoding: try Scratch.read(page), as: UTF8.self)
                let block = try #require(
                    text.split(separator: "```console\n").dropFirst().first?.split(separator: "```\n").first)
                let lines = block.split(separator: "\n")
                let commands = lines.filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }
                #expect(commands.count == 5)
                // There is no systemd in this machine; its unit has a test of its own.
                let script = commands.joined(separator: "\n").replacing(
                    "systemctl enable --now secretary-docker-plugin.socket",
                    with: "secretary-docker-plugin >>\(machine.repo.log("plugin")) 2>&1 &")
                let output = try await machine.shell(script)
                #expect(output.hasSuffix(lines.filter { !$0.hasPrefix("$ ") }.joined(separator: "\n")), "\(output)")
                #expect(output.contains(Self.secret))
                try await machine.leavesNothing()
            }
        }
    }
}

extension DockerMachine {
    /// Makes the machine's `/etc/secretary` what the documentation and the examples begin with.
    fileprivate func initialise() async throws {
        try await shell("rm -rf /etc/secretary/* /etc/secretary/.[a-z]*; secretaryctl init /etc/secretary")
    }
}

import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    /// Containers read on, whatever ends around them.
    @Suite("Survival")
    struct Survival {
        private func makeVolume(_ machine: DockerMachine) async throws {
            try machine.repo.write("web.yml", secrets: ["password": "correct horse"])
            try await machine.docker("volume", "create", "-d", "secretary", "-o", "source=web.yml", "web")
        }

        @Test("docker cp, kill, stop and start of a container disturb neither it nor others")
        func containers() async throws {
            try await DockerMachine.withVolumes { machine in
                try await makeVolume(machine)
                try await machine.reader("reader", of: "web")
                try await machine.sleeper("other", "-v", "web:/run/secrets")
                for container in ["reader", "other"] {
                    // The engine mounts the volume once more for that, and unmounts it under the same id.
                    let copied = try await machine.shell(
                        #"docker cp "$1":/run/secrets/password - | tar -xO"#, container)
                    #expect(copied == "correct horse")
                    try await machine.goesOn("reader")
                }
                for command in ["kill", "stop --time=0", "restart --time=0"] {
                    try await machine.shell("docker \(command) other; docker start other")
                    #expect(try await machine.read("other", "/run/secrets/password") == "correct horse")
                }
                try await machine.docker("kill", "other")
                #expect(
                    try await machine.shell("docker cp other:/run/secrets/password - | tar -xO") == "correct horse")
                try await machine.docker("start", "other")
                #expect(try await machine.read("other", "/run/secrets/password") == "correct horse")
                try await machine.goesOn("reader")
                try await machine.leavesNothing()
            }
        }

        @Test("the engine restarts: containers that it leaves running read on, others find their volume again")
        func engine() async throws {
            try await DockerMachine.with { machine in
                try await machine.startPlugin()
                let first = try await machine.startEngine("--live-restore")
                try await machine.makeImage()
                try await makeVolume(machine)
                try await machine.reader("reader", of: "web")
                try await machine.end(first)
                let second = try await machine.startEngine("--live-restore")
                try await machine.goesOn("reader")
                // It was not told to unmount, and is asked to mount again.
                try await machine.docker("restart", "--time=0", "reader")
                try await machine.goesOn("reader")
                try await machine.end(second, "KILL")
                let third = try await machine.startEngine()
                try await machine.docker("start", "reader")
                try await machine.goesOn("reader")
                try await machine.end(third)
                try await machine.startEngine()
                try await machine.docker("start", "reader")
                try await machine.goesOn("reader")
                #expect(try await machine.docker("volume", "ls", "--quiet") == "web")
                try await machine.docker("rm", "--force", "reader")
                try await machine.docker("volume", "rm", "web")
                try await machine.leavesNothing()
            }
        }

        @Test(
            "plugin and worker are killed, upgraded and started again under load: no read fails, no container notices")
        func servers() async throws {
            try await DockerMachine.with { machine in
                var plugin = try await machine.startPlugin()
                try await machine.startEngine()
                try await machine.makeImage()
                try await makeVolume(machine)
                for name in ["one", "two", "three"] { try await machine.reader(name, of: "web") }
                for signal in ["KILL", "TERM", "KILL"] {
                    try await machine.end(plugin, signal)
                    plugin = try await machine.startPlugin()
                    try await machine.signal(try await machine.status("worker_pid"), "KILL")
                    try await machine.goesOn("one")
                    #expect(
                        try await machine.docker("run", "--rm", "-v", "web:/s", "busybox", "cat", "/s/password")
                            == "correct horse")
                    try await machine.check("secretaryctl", ["mount", "upgrade", DockerMachine.mountRoot])
                }
                for name in ["one", "two", "three"] { try await machine.goesOn(name) }
                // While there is no plugin, all that runs goes on, and what is to start waits for it.
                try await machine.end(plugin, "KILL")
                let run = ["run", "--rm", "-v", "web:/s", "busybox", "cat", "/s/password"]
                async let waiting = machine.check("docker", run)
                try await machine.goesOn("two")
                plugin = try await machine.startPlugin()
                #expect(try await waiting == "correct horse")
                #expect(
                    try await machine.docker("volume", "inspect", "--format", "{{.Status.options.source}}", "web")
                        == "web.yml")
                try await machine.end(plugin)
                // The mount is no child of the plugin that it would end with.
                try await machine.goesOn("three")
                try await machine.startPlugin()
                try await machine.leavesNothing()
            }
        }

        @Test("when the whole mount was killed, the next container gets another one")
        func mount() async throws {
            try await DockerMachine.withVolumes { machine in
                try await makeVolume(machine)
                let run = ["run", "--rm", "-v", "web:/s", "busybox", "cat", "/s/password"]
                #expect(try await machine.check("docker", run) == "correct horse")
                let (supervisor, worker) = (try await machine.status("pid"), try await machine.status("worker_pid"))
                try await machine.signal(supervisor, "KILL")
                try await machine.signal(worker, "KILL")
                #expect(try await machine.check("docker", run) == "correct horse")
                #expect(try await machine.status("pid") != supervisor)
                try await machine.leavesNothing()
            }
        }
    }
}

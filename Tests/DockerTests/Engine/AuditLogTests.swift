import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    /// What the audit log says of readers in containers, with `--docker-socket`.
    @Suite("The audit log")
    struct AuditLog {
        private static let log = "/run/audit.log"

        /// Starts the plugin and an engine, which is asked for the log.
        /// - Returns: the engine's process.
        private func start(_ machine: DockerMachine, _ options: String...) async throws -> Int {
            try await machine.startPlugin("--", "--audit-file", Self.log, "--docker-socket", "/run/docker.sock")
            let engine = try await machine.startEngine(options)
            try await machine.makeImage()
            try machine.repo.write("web.yml", secrets: ["password": "correct horse"])
            return engine
        }

        /// What `secretaryctl audit` answers about a reader.
        private func audit(
            _ machine: DockerMachine, _ command: String, of reader: String
        ) async throws -> [ConfigNode] {
            let lines = try await machine.check(
                "secretaryctl", ["audit", command, "--json", "--reader", reader, Self.log])
            return try lines.split(separator: "\n").map { line in
                try ConfigFile.parse(Array(line.utf8), path: "audit", format: .json).root
            }
        }

        @Test("a record names the container and its image, of a swarm's task also service and task")
        func names() async throws {
            try await DockerMachine.with { machine in
                _ = try await start(machine)
                let image = try await machine.docker("image", "inspect", "--format", "{{.Id}}", "busybox")
                try await machine.docker("volume", "create", "-d", "secretary", "-o", "source=web.yml", "web")
                try await machine.sleeper("plain", "-v", "web:/s")
                #expect(try await machine.read("plain", "/s/password") == "correct horse")
                let plain = try await machine.docker("inspect", "--format", "{{.Id}}", "plain")
                let record = try #require(try await audit(machine, "show", of: plain).first)
                #expect(record["event"] == "open" && record["secret"] == "web/password" && record["image"] == image)
                #expect(record["service"] == nil && record["task"] == nil && record["engine"] == nil)

                try await machine.startSwarm()
                try await machine.docker(
                    "service", "create", "--detach", "--name", "shop_web", "--network", "host", "--mount",
                    "type=volume,src=tasks,dst=/s,volume-driver=secretary,volume-opt=source=web.yml", "busybox", "sh",
                    "-c", "cat /s/password; echo; exec sleep 100000")
                try await eventually("the task has read", within: .seconds(120)) {
                    try await machine.docker("service", "logs", "--raw", "shop_web") == "correct horse"
                }
                let task = try await machine.docker(
                    "ps", "--no-trunc", "--filter", "label=com.docker.swarm.service.name=shop_web", "--format",
                    #"{{.ID}} {{.Label "com.docker.swarm.task.name"}}"#
                ).split(separator: " ").map(String.init)
                let records = try await audit(machine, "show", of: "shop_web")
                #expect(records.count == 1 && task.count == 2)
                #expect(records[0]["container"] == task[0] && records[0]["task"] == task[1])
                #expect(records[0]["image"] == image && records[0]["engine"] == nil)
                #expect(task[1].hasPrefix("shop_web.1."))
                let who = try await audit(machine, "who", of: "shop_web")
                #expect(who.count == 1 && who[0]["container"] == task[0] && who[0]["opened"] == "1")
                #expect(who[0]["image"] == image && who[0]["service"] == "shop_web")
                try await machine.docker("service", "rm", "shop_web")
                try await machine.leavesNothing()
            }
        }

        /// Starts a container that opens the secret again and again from when it is told to.
        /// - Returns: its id.
        private func reader(_ machine: DockerMachine, _ name: String) async throws -> String {
            let script = """
                until [ -e /gate/\(name) ]; do usleep 5000; done
                while :; do [ "$(cat /s/password)" = "correct horse" ] || touch /gate/failed; usleep 50000; done
                """
            let options = ["--detach", "--stop-timeout=0", "--name", name, "-v", "web:/s", "-v", "/run/gate:/gate"]
            return try await machine.check("docker", ["run"] + options + ["busybox", "sh", "-c", script])
        }

        /// Waits until the latest record of a container is as expected.
        private func latest(
            _ machine: DockerMachine, of container: String, _ what: String, _ condition: @Sendable (ConfigNode) -> Bool
        ) async throws {
            try await eventually(what) {
                guard let record = try await audit(machine, "show", of: container).last else { return false }
                return condition(record)
            }
        }

        @Test("while the engine hangs or is away all that run read on, and the record says why it names no image")
        func engineAway() async throws {
            try await DockerMachine.with { machine in
                let first = try await start(machine, "--live-restore")
                try await machine.docker("volume", "create", "-d", "secretary", "-o", "source=web.yml", "web")
                let known = try await reader(machine, "known")
                let asked = try await reader(machine, "asked")
                let alone = try await reader(machine, "alone")
                try await machine.shell("touch /run/gate/known")
                try await latest(machine, of: known, "the engine knows it") { $0["image"] != nil }

                try await machine.signal(first, "STOP")
                try await machine.shell("touch /run/gate/asked")
                try await latest(machine, of: asked, "the record says that the engine hangs") {
                    $0["image"] == nil && $0["engine"]?.contains("did not answer within") == true
                }
                try await machine.signal(first, "CONT")
                try await machine.end(first)
                try await machine.shell("touch /run/gate/alone")
                try await latest(machine, of: alone, "the record says that there is no engine") {
                    $0["image"] == nil && $0["engine"] == "nobody listens at /run/docker.sock"
                }
                try await latest(machine, of: known, "what was asked before is known") { $0["image"] != nil }

                try await machine.startEngine("--live-restore")
                try await latest(machine, of: alone, "the engine is asked again") {
                    $0["image"] != nil && $0["engine"] == nil
                }
                let records = try await audit(machine, "show", of: "*")
                #expect(records.allSatisfy { $0["event"] == "open" })
                #expect(try await machine.run("test", ["-e", "/run/gate/failed"]).status == 1)
                try await machine.leavesNothing()
            }
        }
    }
}

extension ConfigNode {
    /// The text of a member.
    fileprivate subscript(name: String) -> String? { child(name)?.literalText }
}

import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    @Suite("The managed plugin")
    struct ManagedPlugin {
        private static let log = "/var/lib/secretary/audit.log"

        /// Puts the plugin together and creates it.
        /// - Parameter change: of `config.json`, as sed wants it.
        private func create(_ machine: DockerMachine, _ name: String = "secretary", change: String = "") async throws {
            let build = DockerMachine.project.appending("docker-plugin/build").string
            try await machine.shell(
                #"""
                "$1" "$2" /run/managed
                sed -i "$4" /run/managed/config.json
                mkdir -p /var/lib/secretary
                docker plugin create "$3" /run/managed
                docker plugin set "$3" args="-- --mode 0444 --audit-file $5"
                docker plugin enable "$3"
                """#, build, Programs.folder.string, name, change, Self.log)
        }

        @Test("is created, set, enabled, used, disabled and removed, and nothing of it is left")
        func life() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await machine.makeImage()
                try machine.repo.write("web.yml", secrets: ["password": "first"])
                try await create(machine)
                #expect(
                    try await machine.docker("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}")
                        == "secretary:latest true")
                try await machine.docker("volume", "create", "-d", "secretary", "-o", "source=web.yml", "web")
                try await machine.reader("reader", of: "web", "--user", "1000")
                try machine.repo.write("web.yml", secrets: ["password": "changed"])
                try await eventually("the container sees the change") {
                    try await machine.read("reader", "/run/secrets/password") == "changed"
                }
                try await machine.goesOn("reader")
                let container = try await machine.docker("inspect", "--format", "{{.Id}}", "reader")
                let show = ["audit", "show", "--event", "open", "--reader", container, Self.log]
                #expect(try await machine.check("secretaryctl", show).contains("web/password"))

                let early = try await machine.run("docker", ["plugin", "disable", "secretary"])
                #expect(early.errors.contains("is in use"))
                try await machine.docker("rm", "--force", "reader")
                // What volumes there are outlives the plugin.
                try await machine.docker("plugin", "disable", "--force", "secretary")
                try await machine.docker("plugin", "enable", "secretary")
                let read = ["run", "--rm", "--user", "1000", "-v", "web:/s", "busybox", "cat", "/s/password"]
                #expect(try await machine.check("docker", read) == "changed")
                try await machine.docker("volume", "rm", "web")
                try await machine.docker("plugin", "disable", "secretary")
                try await machine.docker("plugin", "rm", "secretary")
                #expect(try await machine.mounts() == [])
                #expect(try await machine.shell("grep -h /var/lib/docker/plugins/ /proc/[0-9]*/mountinfo || :") == "")
                #expect(try await !machine.programs().contains("secretary"))
                #expect(try await machine.shell("ls /var/lib/secretary/volumes") == "")
            }
        }

        @Test(
            "a volume opens for containers that have it, not for one with the plugin's whole mount, and not for the host"
        )
        func readers() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await machine.makeImage()
                try machine.repo.write("web.yml", secrets: ["password": "first"])
                try await create(machine)
                for (name, readers) in [("closed", "mounted"), ("open", "any")] {
                    let options = ["-o", "source=web.yml", "-o", "readers=\(readers)", name]
                    try await machine.check("docker", ["volume", "create", "-d", "secretary"] + options)
                }
                try await machine.sleeper("owner", "-v", "closed:/run/secrets")
                let id = try await machine.docker("plugin", "inspect", "--format", "{{.Id}}", "secretary")
                let root = "/var/lib/docker/plugins/\(id)/propagated-mount"
                try await machine.sleeper("thief", "-v", "\(root):/all:ro", "-v", "open:/mine")
                #expect(try await machine.read("owner", "/run/secrets/password") == "first")
                #expect(try await machine.read("thief", "/mine/password") == "first")
                #expect(try await machine.read("thief", "/all/open/password") == "first")
                for result in [
                    try await machine.run("docker", ["exec", "thief", "cat", "/all/closed/password"]),
                    try await machine.run("cat", ["\(root)/closed/password"]),
                ] {
                    #expect(result.status == 1 && result.errors.contains("Permission denied"), "\(result.errors)")
                }
                #expect(try await machine.check("cat", ["\(root)/open/password"]) == "first")
            }
        }

        @Test("that was made without the host's process ids lets nobody read but with readers=any")
        func processIDs() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await machine.makeImage()
                try machine.repo.write("web.yml", secrets: ["password": "first"])
                try await create(machine, change: "/pidhost/s/true/false/")
                for (name, readers) in [("closed", "mounted"), ("open", "any")] {
                    let options = ["-o", "source=web.yml", "-o", "readers=\(readers)", name]
                    try await machine.check("docker", ["volume", "create", "-d", "secretary"] + options)
                }
                let run = ["run", "--rm", "-v", "closed:/closed", "-v", "open:/open", "busybox", "cat"]
                #expect(try await machine.check("docker", run + ["/open/password"]) == "first")
                let refused = try await machine.run("docker", run + ["/closed/password"])
                #expect(refused.status == 1 && refused.errors.contains("Permission denied"), "\(refused.errors)")
            }
        }
    }
}

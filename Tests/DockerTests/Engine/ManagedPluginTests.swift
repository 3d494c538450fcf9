import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    @Suite("The managed plugin")
    struct ManagedPlugin {
        @Test("is created, set, enabled, used, disabled and removed, and nothing of it is left")
        func life() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await machine.makeImage()
                try machine.repo.write("web.yml", secrets: ["password": "first"])
                let build = DockerMachine.project.appending("docker-plugin/build").string
                try await machine.shell(
                    #"""
                    "$1" "$2" /run/managed
                    mkdir /var/lib/secretary
                    docker plugin create secretary /run/managed
                    docker plugin set secretary args='-- --mode 0444'
                    docker plugin enable secretary
                    """#, build, Programs.folder.string)
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
                #expect(try await !machine.programs().contains("secretary"))
                #expect(try await machine.shell("ls /var/lib/secretary/volumes") == "")
            }
        }
    }
}

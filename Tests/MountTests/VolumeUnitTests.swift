import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// The units for Docker, without Docker.
    @Suite("Volumes under systemd", .enabled(if: SystemdMachine.canRun, "needs systemd and version 2 of cgroups"))
    struct VolumeUnits {
        private let plugin = "secretary-docker-plugin.service"
        private let volumes = "secretary-volumes.service"
        private let place = "/run/secretary/volumes"

        /// What Docker's client would get.
        private func ask(_ machine: SystemdMachine, _ call: String, _ body: String) async throws -> String {
            let socket = "/run/docker/plugins/secretary.sock"
            return try await machine.run(
                "curl",
                ["-s", "--max-time", "60", "--unix-socket", socket, "-d", body, "http://docker/VolumeDriver.\(call)"]
            ).text
        }

        /// Kills processes of a service, and waits until it is back.
        private func kill(_ processes: String, of unit: String, _ machine: SystemdMachine) async throws {
            let before = try await machine.properties(unit)["NRestarts"]
            try await machine.control("kill", "--signal=KILL", "--kill-who=\(processes)", unit)
            try await eventually("\(unit) is back") {
                let unit = try await machine.properties(unit)
                return unit["NRestarts"] != before && unit["ActiveState"] == "active"
            }
        }

        @Test("the plugin is started by its socket, and killed and stopped while the mount goes on; so is the mount")
        func life() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretary-docker-plugin.socket")
                    let created = try await ask(machine, "Create", #"{"Name":"web","Opts":{"source":"web.yml"}}"#)
                    #expect(created == #"{"Err":""}"# + "\n")
                    let mount = #"{"Name":"web","ID":"a1"}"#
                    let mounted = #"{"Mountpoint":"\#(place)/web","Err":""}"# + "\n"
                    #expect(try await ask(machine, "Mount", mount) == mounted)
                    let first = try await machine.properties(volumes)["MainPID"]

                    try await kill("main", of: plugin, machine)
                    #expect(try await ask(machine, "Mount", mount) == mounted)
                    #expect(try await machine.properties(volumes)["MainPID"] == first)
                    try await kill("all", of: volumes, machine)
                    try await machine.control("reload", volumes)
                    #expect(try await machine.run("cat", ["\(place)/web/password"]).text == "s3cret")

                    try await machine.control("stop", plugin)
                    #expect(try await machine.run("cat", ["\(place)/web/password"]).text == "s3cret")
                    // The socket is systemd's: the next question starts it again.
                    #expect(try await ask(machine, "Get", mount).contains("web.yml"))
                    #expect(try await ask(machine, "Remove", mount) == #"{"Err":""}"# + "\n")
                    try await machine.control("stop", "secretary-docker-plugin.socket", plugin, volumes)
                    #expect(try await machine.run("findmnt", [place]).status != 0)
                    #expect(try await machine.properties(volumes)["Result"] == "success")
                }
            }
        }
    }
}

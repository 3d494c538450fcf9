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

        /// The drop-ins of Documentation/docker.md, by unit.
        private func dropIns() throws -> [(unit: String, text: String)] {
            let page = PublicPrograms.sources.appending("../../../Documentation/docker.md").lexicallyNormalized()
            let blocks = String(decoding: try Scratch.read(page), as: UTF8.self).split(separator: "```ini\n")
                .dropFirst()
            return blocks.compactMap { block in
                let text = block.prefix { $0 != "`" }
                let unit = text.prefix { $0 != "\n" }.split(separator: " ").last
                return unit.map { (String($0), String(text)) }
            }
        }

        @Test("with the drop-ins of docker.md the plugin gives a swarm secrets, and the journal has denials")
        func secrets() async throws {
            try await TestRepo.with { repo in
                try repo.write(
                    ".secretary.yaml",
                    """
                    version: 1
                    format: hpke
                    keys: { master: keys/master-private-key.pem, config: keys/config-public-key.pem }

                    """)
                try repo.write("web.yml", "password: \(try repo.seal("s3cret", scope: "/prod/web"))\n")
                let dropIns = try dropIns()
                #expect(dropIns.map(\.unit) == ["secretary-credentials.service", plugin])
                for (unit, text) in dropIns {
                    let text = text.replacing("/usr/bin/", with: "/run/programs/bin/")
                    try repo.write("../units/\(unit).d/swarm.conf", text)
                }
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretary-credentials.socket", "secretary-docker-plugin.socket")
                    func ask(_ app: String) async throws -> String {
                        let request = """
                            {"SecretName":"password","SecretLabels":{"secretary.source":"web.yml"},"ServiceID":"s1", \
                            "ServiceName":"web","ServiceLabels":{"secretary.app":"\(app)"},"TaskID":"t1", \
                            "TaskName":"web.1.t1","NodeID":"n1"}
                            """
                        let socket = "/run/docker/plugins/secretary.sock"
                        let line = ["-s", "--max-time", "60", "--unix-socket", socket, "-d", request]
                        return try await machine.run("curl", line + ["http://docker/SecretProvider.GetSecret"]).text
                    }
                    #expect(try await ask("/prod/web") == #"{"Value":"czNjcmV0","DoNotReuse":true,"Err":""}"# + "\n")
                    #expect(try await ask("/prod/db").contains("is sealed for /prod/web, not for /prod/db"))
                    try await eventually("the journal has the denial") {
                        try await machine.journal("--unit=\(plugin)", "--output=cat").contains(
                            "warning: secret password for service web (app /prod/db), task t1 on node n1: denied: ")
                    }
                    let log = machine["/var/log/secretary/credentials.log"]
                    let records = String(decoding: try Scratch.read(log), as: UTF8.self)
                    for event in ["open", "denied"] {
                        #expect(records.contains("\"event\":\"\(event)\""), "\(records)")
                    }
                    try await machine.control(
                        "stop", "secretary-docker-plugin.socket", plugin, volumes, "secretary-credentials.socket",
                        "secretary-credentials.service")
                }
            }
        }
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// The unit that is installed, under a real systemd.
    @Suite("A mount under systemd", .enabled(if: SystemdMachine.canRun, "needs systemd and version 2 of cgroups"))
    struct Systemd {
        private let unit = "secretary-mount@web.service"
        private let mountpoint = "/run/secrets/web"

        private func makeSource(_ repo: TestRepo) throws {
            try repo.write(".secretary.yaml", "version: 1\nformat: hpke\nviews:\n  web:\n    source: many.yml\n")
            try Survival.makeSource(repo)
        }

        private func stands(_ machine: SystemdMachine) async throws -> Bool {
            try await machine.run("findmnt", [mountpoint]).status == 0
        }

        /// Kills processes of the service, and waits until it is back.
        private func kill(_ processes: String, _ machine: SystemdMachine, _ round: Int) async throws {
            try await machine.control("kill", "--signal=KILL", "--kill-who=\(processes)", unit)
            try await eventually("the service is back for the \(round). time") {
                let unit = try await machine.properties(unit)
                return unit["NRestarts"] == "\(round)" && unit["ActiveState"] == "active"
            }
        }

        @Test("killed, upgraded and with another systemd it goes on, and nobody who reads notices; stopped it is gone")
        func life() async throws {
            try await TestRepo.with { repo in
                try makeSource(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", unit)
                    let kept = try await machine.properties(unit)["NFileDescriptorStore"]
                    try await Survival.reading(repo, at: FilePath(mountpoint), entrance: machine.entrance) {
                        // Every other time with its worker.
                        for round in 1...8 { try await kill(round % 2 == 0 ? "all" : "main", machine, round) }
                        for _ in 0..<3 { try await machine.control("reload", unit) }
                        try await machine.control("daemon-reexec")
                        try await kill("main", machine, 9)
                    }
                    let properties = try await machine.properties(unit)
                    // Readers whose process numbers the machine does not know get a report again for a moment.
                    try await eventually("the status is of the last supervisor") {
                        let status = try await MountStatus(repo, at: machine[mountpoint])
                        return try status["pid"] == properties["MainPID"]?[...] && status.number("upgrades") == 3
                            && status.string("upgrade_error").isEmpty
                    }
                    #expect(properties["NFileDescriptorStore"] == kept, "descriptors gather in the store")
                    #expect(properties["StatusText"] == "Mounted at \(mountpoint)")
                    try await machine.control("stop", unit)
                    let stopped = try await machine.properties(unit)
                    #expect(stopped["ActiveState"] == "inactive")
                    #expect(stopped["Result"] == "success")
                    #expect(stopped["NFileDescriptorStore"] == "0")
                    #expect(try await !stands(machine))
                    let programs = try await machine.run("sh", ["-c", "cat /proc/[0-9]*/comm"]).text
                    #expect(!programs.contains("secretaryctl"))
                }
            }
        }

        @Test("started anew it is another mount; so it is when it was unmounted while nobody supervised it")
        func restarts() async throws {
            try await TestRepo.with { repo in
                try makeSource(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", unit)
                    let kept = try await machine.properties(unit)["NFileDescriptorStore"]
                    let file = machine[mountpoint].appending("key1").string
                    for _ in 0..<5 {
                        try await machine.control("restart", unit)
                        #expect(try await repo.run("cat", [file]).status == 0)
                    }
                    try await machine.control("kill", "--signal=STOP", "--kill-who=main", unit)
                    #expect(try await machine.run("umount", ["--lazy", mountpoint]).status == 0)
                    try await kill("main", machine, 1)
                    #expect(try await repo.run("cat", [file]).status == 0)
                    #expect(try await machine.properties(unit)["NFileDescriptorStore"] == kept)
                    try await machine.control("stop", unit)
                    #expect(try await !stands(machine))
                }
            }
        }

        @Test("what cannot be mounted fails at once, with the reason in the journal, and is not tried again")
        func failure() async throws {
            try await TestRepo.with { repo in
                try makeSource(repo)
                try repo.write("many.yml", "password: [\n")
                try await SystemdMachine.with(repo) { machine in
                    let started = try await machine.run("systemctl", ["start", unit])
                    #expect(started.status != 0)
                    try await eventually("the journal has the reason") {
                        try await machine.journal("--unit", unit).contains("many.yml:2:1:")
                    }
                    let properties = try await machine.properties(unit)
                    #expect(properties["ActiveState"] == "failed")
                    #expect(properties["NRestarts"] == "0")
                    #expect(properties["ExecMainStatus"] == "65")
                    #expect(try await !stands(machine))
                }
            }
        }

        @Test("the journal gets the records of the audit log whole, also long ones")
        func journal() async throws {
            try await TestRepo.with { repo in
                // Each letter takes six in a record.
                let folder = String(repeating: "ä", count: 120)
                let name = (Array(repeating: folder, count: 5) + ["password"]).joined(separator: "/")
                let view = "version: 1\nformat: hpke\nviews:\n  web:\n    source: web.yml\n"
                try repo.write(
                    ".secretary.yaml", view + "    files: [{ match: password, path: \"\(name)\" }]\n")
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await SystemdMachine.with(repo) { machine in
                    let line = try await machine.run("systemctl", ["cat", unit]).text.split(separator: "\n")
                        .first { $0.hasPrefix("ExecStart=") }
                    let start = try #require(line).replacing("--view", with: "--audit-syslog --view")
                    try repo.write("../units/\(unit).d/audit.conf", "[Service]\nExecStart=\n\(start)\n")
                    try await machine.control("daemon-reload")
                    try await machine.control("start", unit)
                    let file = machine[mountpoint].pushing(FilePath(name))
                    #expect(try await repo.run("cat", [file.string]).text == "s3cret")
                    let escaped = name.replacing("ä", with: "\\u00e4")
                    try await eventually("the journal has the record") {
                        let records = try await machine.journal("--identifier=secretary", "--output=cat")
                        return records.split(separator: "\n").contains { record in
                            record.contains(#""event":"open""#) && record.contains("\"secret\":\"\(escaped)\"")
                                && record.hasSuffix("}")
                        }
                    }
                    // Its worker is not killed with it, but ends in order.
                    try await machine.control("stop", unit)
                    try await eventually("the journal has the end") {
                        try await machine.journal("--identifier=secretary").contains(#""event":"stop""#)
                    }
                }
            }
        }
    }
}

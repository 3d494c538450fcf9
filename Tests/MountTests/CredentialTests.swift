import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// `LoadCredential=` of a real systemd, with the units that are installed and the example.
    @Suite("Credentials of systemd", .enabled(if: SystemdMachine.canRun, "needs systemd and version 2 of cgroups"))
    struct Credentials {
        private static let service = "secretary-credentials.service"
        private static let log = "/var/log/secretary/credentials.log"

        /// A repo with a view for `web`, and one, `closed`, whose rules admit nobody.
        private func makeRepo(_ repo: TestRepo) throws {
            let keys = "keys: { master: keys/master-private-key.pem, config: keys/config-public-key.pem }"
            try repo.write(
                ".secretary.yaml",
                """
                version: 1
                format: hpke
                \(keys)
                views:
                  web: { source: web.yml, app: /prod/web }
                  closed: { source: web.yml, app: /prod/web, readers: [{ deny: { cgroup: "/**/closed.service" } }] }

                """)
            try write("s3cret", repo)
            let folder = PublicPrograms.sources.appending("../../../docker-plugin/examples").lexicallyNormalized()
            let example = String(decoding: try Scratch.read(folder.appending("web.service")), as: UTF8.self)
            for unit in ["web.service", "closed.service", "other.service", "web@.service"] {
                try repo.write("../units/\(unit)", example)
            }
        }

        private func write(_ value: String, _ repo: TestRepo) throws {
            try repo.write(
                "web.yml",
                """
                password: \(try repo.seal(value, scope: "/prod/web#password"))
                tls: { key: "\(try repo.seal(value, scope: "/prod/web"))" }
                foreign: \(try repo.seal(value, scope: "/prod/db"))
                broken: ENC[HPKE,AAAA]
                large: \(try repo.seal([UInt8](repeating: 120, count: (1 << 20) + 1)))

                """)
        }

        /// Lets a unit ask for one credential, and print it, with its mode and its reader.
        private func configure(_ unit: String, credential: String, _ repo: TestRepo) throws {
            let file = "%d/\(credential)"
            let print = "echo got $$(cat \(file)) $$(stat -c %%a \(file)) $$(id -un)"
            try repo.write(
                "../units/\(unit).d/test.conf",
                """
                [Service]
                Type=oneshot
                LoadCredential=
                LoadCredential=\(credential):/run/secretary/credentials.sock
                ExecStart=
                ExecStart=/bin/sh -c '\(print)'

                """)
        }

        private func records(_ machine: SystemdMachine) throws -> [String] {
            String(decoding: try Scratch.read(machine[Self.log]), as: UTF8.self).split(separator: "\n").map(String.init)
        }

        @Test("a unit gets the credential that the view of its name has, and nobody else's; new when it starts anew")
        func granted() async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo)
                try configure("web.service", credential: "password", repo)
                try configure("web@.service", credential: "tls.key", repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretary-credentials.socket")
                    #expect(try await machine.properties(Self.service)["ActiveState"] == "inactive")
                    try await machine.control("start", "web.service")
                    try await eventually("the unit has its credential") {
                        try await machine.journal("--unit=web.service", "--output=cat").contains("got s3cret 400 web\n")
                    }
                    let record = try #require(try records(machine).first { $0.contains(#""event":"open""#) })
                    #expect(record.contains(#""mount":"credentials","secret":"web.service/password""#))
                    #expect(record.contains(#""scope":"/prod/web#password""#))
                    #expect(record.contains("/web.service\""), "its control group: \(record)")

                    try write("ch4nged", repo)
                    try await machine.control("start", "web@blue.service")
                    try await eventually("the instance has its credential") {
                        try await machine.journal("--unit=web@blue.service", "--output=cat").contains("got ch4nged 400")
                    }
                    try await machine.control("stop", Self.service)
                    #expect(try await machine.properties(Self.service)["Result"] == "success")
                    #expect(try records(machine).last { $0.contains(#""event":"stop""#) } != nil)
                }
            }
        }

        @Test("what a unit may not have, it does not start with: the journal and the audit log say why")
        func refused() async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretary-credentials.socket")
                    let cases = [
                        ("other.service", "password", "failed", "there is no view \"other\""),
                        ("web.service", "nothing", "failed", "has no secret nothing"),
                        ("web.service", "foreign", "denied", "is sealed for /prod/db, not for /prod/web"),
                        ("web.service", "broken", "failed", "malformed HPKE envelope"),
                        ("web.service", "large", "failed", "1048577 bytes"),
                        ("closed.service", "password", "denied", "views.closed.readers[0]"),
                    ]
                    for (unit, credential, event, reason) in cases {
                        try configure(unit, credential: credential, repo)
                        try await machine.control("daemon-reload")
                        #expect(try await machine.run("systemctl", ["start", unit]).status != 0)
                        #expect(try await machine.properties(unit)["ExecMainStatus"] == "243", "\(unit)/\(credential)")
                        let journal = try await machine.journal("--unit=\(Self.service)", "--output=cat")
                        #expect(journal.contains("\(unit)/\(credential): "), "\(journal)")
                        let record = try records(machine).last { $0.contains("\"secret\":\"\(unit)/\(credential)\"") }
                        #expect(record?.contains("\"event\":\"\(event)\"") == true, "\(record ?? "no record")")
                        #expect(journal.contains(reason), "\(journal)")
                    }
                    #expect(try await !machine.journal().contains("s3cret"))
                }
            }
        }

        @Test("another process that asks as systemd does gets nothing, whoever it belongs to")
        func spoofed() async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretary-credentials.socket")
                    let script = """
                        import os, socket, sys
                        os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
                        peer = socket.socket(socket.AF_UNIX)
                        peer.settimeout(60)
                        if sys.argv[2]: peer.bind("\\0" + sys.argv[2])
                        try:
                            peer.connect("/run/secretary/credentials.sock")
                        except PermissionError:
                            sys.exit("not permitted")
                        got = b""
                        while part := peer.recv(1 << 20): got += part
                        print(len(got) > 1 << 20, set(got))
                        """
                    func ask(_ user: Int, _ name: String) async throws -> String {
                        let result = try await machine.run("python3", ["-c", script, "\(user)", name])
                        return result.text + result.errors
                    }
                    let name = "0123456789abcdef/unit/web.service/password"
                    #expect(try await ask(0, name) == "True {0}\n")
                    #expect(try await ask(0, "") == "True {0}\n")
                    #expect(try await ask(65534, name) == "not permitted\n")
                    // Where the socket is open to all, its owner's user is still asked for.
                    _ = try await machine.run("chmod", ["666", "/run/secretary/credentials.sock"])
                    #expect(try await ask(65534, name) == "True {0}\n")
                    let journal = try await machine.journal("--unit=\(Self.service)", "--output=cat")
                    #expect(journal.contains("user 65534 asks, and only user 0 is believed"))
                    #expect(journal.contains("which asks, is in the control group"))
                    #expect(journal.contains("does not ask as systemd does"))
                    #expect(try records(machine).count { $0.contains(#""event":"denied""#) } == 2)
                }
            }
        }
    }
}

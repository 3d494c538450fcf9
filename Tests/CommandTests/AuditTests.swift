import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("audit verify, show and who") struct AuditTests {
    /// A log of three readers, with its key beside it.
    private func log() async throws -> Repo {
        let repo = try await Repo(keys: false)
        var settings = AuditSettings()
        settings.file = repo.path.appending("audit.log")
        let log = try AuditLog(settings)
        for (index, uid) in [1000, 1000, 2000].enumerated() {
            var record = AuditRecord(index == 2 ? .denied : .open, time: Int64(index) * 3_600_000_000_000)
            record.secret = index == 1 ? "web/token" : "db/password"
            record.scope = "/prod/web"
            record.digest = "010203"
            record.decision = ReaderDecision(isAllowed: index != 2, rule: "a rule")
            record.reader = ReaderProcess(
                uid: UInt32(uid), gid: 5, pid: 7, executable: "/usr/bin/pyth\u{1B}[2Jon", container: "0123456789abcdef")
            if uid == 2000 { record.reader?.facts = ContainerFacts(image: "sha256:0a", service: "shop_web") }
            try log.append(record)
        }
        try log.close(AuditRecord(.stop, time: 0))
        return repo
    }

    @Test("an intact log: status 0, and what was verified; its key beside it is warned of")
    func intact() async throws {
        let repo = try await log()
        let result = try await repo.run(["audit", "verify", "audit.log"])
        #expect(result.status == 0)
        #expect(result.text.hasPrefix("intact: records 1 to 5, "))
        #expect(result.errors.contains("lies beside the log"))
        let json = String(decoding: try await repo.check(["audit", "verify", "--json", "audit.log"]), as: UTF8.self)
        #expect(json.hasPrefix("{\"intact\":true,\"fault\":null,\"missing\":0,"))
    }

    @Test("a changed log: status 82; the record, the byte and what is wrong are named")
    func changed() async throws {
        let repo = try await log()
        let text = try repo.scratch.readText("audit.log").replacing("web/token", with: "web/tokem")
        try repo.scratch.write("audit.log", text)
        let result = try await repo.run(["audit", "verify", "audit.log"])
        #expect(result.status == 82 && result.output.isEmpty)
        #expect(result.errors.contains(/audit.log: byte [0-9]+, record 3: its MAC is wrong/))
        #expect(try await repo.run(["audit", "verify", "--json", "audit.log"]).text.contains("\"record\":3"))
    }

    @Test("records are chosen by secret, scope, reader, time and event")
    func filters() async throws {
        let repo = try await log()
        func numbers(_ options: String...) async throws -> [String] {
            let output = try await repo.check(["audit", "show"] + options + ["audit.log"])
            return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
                String($0.split(separator: " ")[0])
            }
        }
        #expect(try await numbers() == ["1", "2", "3", "4", "5"])
        #expect(try await numbers("--secret", "db/*") == ["2", "4"])
        #expect(try await numbers("--scope", "/prod/*") == ["2", "3", "4"])
        #expect(try await numbers("--scope", "/test/*") == [])
        #expect(try await numbers("--reader", "2000") == ["4"])
        #expect(try await numbers("--reader", "0123*") == ["2", "3", "4"])
        #expect(try await numbers("--reader", "/usr/bin/*") == ["2", "3", "4"])
        #expect(
            try await numbers("--since", "1970-01-01T01:00:00Z", "--until", "1970-01-02", "--event", "open") == ["3"])
        #expect(try await numbers("--since", "2h") == ["1"])
        #expect(try await numbers("--event", "denied", "--event", "stop") == ["4", "5"])
        #expect(try await repo.run(["audit", "show", "--since", "soon", "audit.log"]).status == 64)
    }

    @Test("names from elsewhere cannot move the cursor, and a clock that was set back is shown")
    func shown() async throws {
        let repo = try await log()
        let text = String(decoding: try await repo.check(["audit", "show", "audit.log"]), as: UTF8.self)
        #expect(!text.contains("\u{1B}") && text.contains("pyth\\u{1B}[2Jon"))
        // The first record is of today, the others of 1970.
        #expect(text.split(separator: "\n")[1].contains("1970-01-01T00:00:00.000000Z<"))
        let json = try await repo.check(["audit", "show", "--json", "audit.log"])
        #expect(try json == repo.scratch.read("audit.log"))
    }

    @Test("who: by secret and reader, as a table and as JSON")
    func who() async throws {
        let repo = try await log()
        let table = String(decoding: try await repo.check(["audit", "who", "audit.log"]), as: UTF8.self)
        let rows = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.count == 4)
        #expect(rows.contains { $0.prefix(2) == ["db/password", "1000"] && $0[4...6] == ["1", "0", "1"] })
        #expect(rows.contains { $0.prefix(2) == ["db/password", "2000"] && $0[4...6] == ["0", "1", "0"] })
        let json = try await repo.check(["audit", "who", "--json", "--secret", "web/token", "audit.log"])
        #expect(String(decoding: json, as: UTF8.self).hasPrefix("{\"secret\":\"web/token\",\"uid\":1000,"))
        #expect(rows.contains { $0.prefix(2) == ["db/password", "2000"] && $0[3] == "shop_web/0123456789ab" })
        let denied = try await repo.check(["audit", "who", "--json", "--reader", "shop_*", "audit.log"])
        #expect(String(decoding: denied, as: UTF8.self).contains(#""image":"sha256:0a","service":"shop_web""#))
    }

    @Test("audit.log* names the log, and what lies beside it is left out")
    func pattern() async throws {
        let repo = try await log()
        let files = try Scratch.list(repo.path).filter { $0.hasPrefix("audit.log") }
        #expect(files == ["audit.log", "audit.log.key", "audit.log.state"])
        #expect(try await repo.run(["audit", "verify"] + files).status == 0)
        #expect(try await !repo.run(["audit", "show"] + files).errors.contains("no records"))
    }

    @Test("a file that is no log, and one that is not there")
    func noLog() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.write("noise", "something\nelse\n")
        #expect(try await repo.run(["audit", "verify", "noise"]).status == 82)
        #expect(try await repo.run(["audit", "show", "noise"]).errors.contains("2 lines are no records"))
        #expect(try await repo.run(["audit", "verify", "missing"]).status == 66)
    }
}

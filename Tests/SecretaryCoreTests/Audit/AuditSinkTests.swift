import Glibc
import SecretaryCore
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("audit log: many readers, and what is written") struct AuditSinkTests {
    @Test("many threads at once: each record is there once, in one chain", arguments: AuditSettings.Sync.allCases)
    func threads(sync: AuditSettings.Sync) throws {
        var fixture = try AuditFixture()
        fixture.settings.sync = sync
        fixture.settings.checkpointInterval = 17
        try fixture.log { log in
            let threads = try (0..<8).map { thread in
                try BackgroundThread {
                    for number in 0..<25 { try? log.append(AuditFixture.open("\(thread)-\(number)")) }
                }
            }
            for thread in threads { thread.join() }
        }
        let verdict = try fixture.verify()
        #expect(verdict.isIntact, "\(verdict)")
        var secrets: [String] = []
        _ = try AuditEntry.forEach(in: [fixture.file]) { entry in
            if let secret = entry["secret"] { secrets.append(secret) }
        }
        #expect(Set(secrets).count == 200 && secrets.count == 200)
    }

    @Test("names from elsewhere stay on their line, in ASCII, and come back as they were")
    func hostileNames() throws {
        let fixture = try AuditFixture()
        let names = [
            "a\"b\\c", "new\nline", "{\"seq\":1}", "\u{202E}gpj.exe", "\u{0}nul", "ü✓\u{1F600}", "\u{7F}\u{85}",
            String(repeating: "x", count: 4096), "\",\"mac\":\"0",
        ]
        try fixture.log { log in
            for name in names {
                var record = AuditFixture.open("s")
                record.reader?.executable = name
                try log.append(record)
            }
        }
        #expect(try fixture.verify().isIntact)
        #expect(try fixture.bytes.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
        var found: [String] = []
        _ = try AuditEntry.forEach(in: [fixture.file]) { entry in
            if entry.event == .open { found.append(entry["exe"] ?? "") }
        }
        #expect(found == names)
    }

    @Test("a log that is being written verifies at every moment", arguments: AuditSettings.Sync.allCases)
    func live(sync: AuditSettings.Sync) throws {
        var fixture = try AuditFixture()
        fixture.settings.sync = sync
        let isOver = Atomic(false)
        try fixture.log { log in
            try log.append(AuditFixture.open())
            let writer = try BackgroundThread {
                for number in 0..<300 { try? log.append(AuditFixture.open("\(number)")) }
                isOver.store(true, ordering: .releasing)
            }
            defer { writer.join() }
            while !isOver.load(ordering: .acquiring) {
                let verdict = try fixture.verify()
                #expect(verdict.isIntact, "\(verdict)")
            }
        }
    }

    @Test("an auditor's key seals the first key: nothing on the machine can verify, or forge, what was logged")
    func auditor() throws {
        var fixture = try AuditFixture()
        let auditor = try PrivateKey.generate()
        fixture.settings.auditor = auditor.publicKey
        try fixture.log { try $0.append(AuditFixture.open()) }
        #expect(try Scratch.list(fixture.scratch.path) == ["audit.log", "audit.log.state"])
        #expect(try AuditVerifier(key: AuditKey(auditor: auditor)).verify([fixture.file]).isIntact)
        let other = try AuditKey(auditor: PrivateKey.generate())
        let error = #expect(throws: SecretaryError.self) { try AuditVerifier(key: other).verify([fixture.file]) }
        #expect(error?.code == .wrongKey)
    }

    @Test("a clock that is set back does not disturb the order of the records")
    func clock() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            for offset in [0, 3600, -7200, 10] as [Int64] {
                var record = AuditFixture.open("\(offset)")
                record.time += offset * 1_000_000_000
                try log.append(record)
            }
        }
        #expect(try fixture.verify().isIntact)
    }

    @Test("moments are written as RFC 3339 has them, and read in every form")
    func timestamps() {
        #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000000Z")
        #expect(Timestamp.text(951_827_696_123_456_789) == "2000-02-29T12:34:56.123456Z")
        #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999999Z")
        #expect(Timestamp.parse("2000-02-29") == 951_782_400_000_000_000)
        #expect(Timestamp.parse("2000-02-29T14:34:56.5+02:00") == 951_827_696_500_000_000)
        #expect(Timestamp.parse("2262-04-11T23:47:16.854775807Z") == .max)
        let wrong = [
            "", "2000", "2000-13-01", "2000-02-29T", "2000-02-29T25:00Z", "2000-02-29T12:34:56X", "x", "2001-02-29",
            "9999-12-31", "0000-01-01", "2262-04-11T23:47:16.854775808Z",
        ]
        for text in wrong {
            #expect(Timestamp.parse(text) == nil, "\(text)")
        }
        for _ in 0..<1000 {
            let time = Int64.random(in: -2_000_000_000...8_000_000_000) * 1_000_000_000
            #expect(Timestamp.parse(Timestamp.text(time)) == time)
        }
    }
}

import SecretaryCore
import TestSupport
import Testing

@Suite("audit log: records that wait in memory") struct AuditGroupTests {
    private func fixture() throws -> AuditFixture {
        var fixture = try AuditFixture()
        fixture.settings.sync = .group
        return fixture
    }

    private func secrets(_ fixture: AuditFixture) throws -> [String] {
        var secrets: [String] = []
        _ = try AuditEntry.forEach(in: [fixture.file]) { entry in
            if let secret = entry["secret"] { secrets.append(secret) }
        }
        return secrets
    }

    /// Makes the log one that cannot be written to, and appends until it refuses.
    /// - Returns: what it has taken.
    private func block(_ fixture: AuditFixture, _ log: AuditLog) throws -> [String] {
        try fixture.rename("audit.log", to: "old")
        try fixture.scratch.makeFolder("audit.log")
        var accepted: [String] = []
        while accepted.count < 100_000 {
            let name = "waits-\(accepted.count)"
            do { try log.append(AuditFixture.open(name)) } catch { return accepted }
            accepted.append(name)
        }
        Issue.record("a log that cannot be written to refuses nothing")
        return accepted
    }

    @Test("more records than there is room for wait for it: each is written once, in order")
    func full() throws {
        let fixture = try fixture()
        try fixture.log { log in
            for number in 0..<200 {
                var record = AuditFixture.open("\(number)")
                record.reader?.executable = String(repeating: "\u{1}", count: 4096)
                record.reader?.cgroup = String(repeating: "x", count: 4096)
                try log.append(record)
            }
        }
        #expect(try secrets(fixture) == (0..<200).map(String.init))
        #expect(try fixture.verify().isIntact)
    }

    @Test("what cannot be written is kept, and nothing more is let through until it is written")
    func blocked() throws {
        let fixture = try fixture()
        var accepted: [String] = []
        try fixture.log { log in
            accepted = try block(fixture, log)
            #expect(log.status[0].trouble != nil)
            #expect(throws: SecretaryError.self) { try log.append(AuditFixture.open("refused")) }
            try fixture.rename("audit.log", to: "folder")
            try log.append(AuditFixture.open("after"))
            #expect(log.status[0].trouble == nil)
        }
        #expect(try secrets(fixture) == accepted + ["after"])
        #expect(try fixture.verify(["old", "audit.log"]).isIntact)
    }

    @Test("killed at any moment of writing: the next process writes what is missing, and nothing twice")
    func killed() throws {
        let fixture = try fixture()
        let log = try AuditLog(fixture.settings, backlog: fixture.memory.backlog)
        let accepted = try block(fixture, log)
        // So it is when the process is killed before it writes.
        let memory = AuditMemory(copying: fixture.memory)
        let (old, stateBefore) = (try fixture.scratch.read("old"), try fixture.scratch.read("audit.log.state"))
        let key = try fixture.scratch.read("audit.log.key")
        try fixture.rename("audit.log", to: "folder")
        try log.append(AuditFixture.open("after"))
        try log.close(AuditRecord(.stop))
        let written = try fixture.bytes
        let ends = written.indices.filter { written[$0] == 10 }.map { $0 + 1 }

        /// What the next process makes of it.
        func goOn(_ log: ArraySlice<UInt8>, state: [UInt8], _ others: String...) throws {
            let next = try self.fixture()
            try next.scratch.write("old", old)
            try next.scratch.write("audit.log.key", key)
            try next.scratch.write("audit.log.state", state)
            if !log.isEmpty { try next.scratch.write("audit.log", Array(log)) }
            let end = try AuditLog(next.settings, backlog: AuditMemory(copying: memory).backlog)
            try end.append(AuditFixture.open("next"))
            try end.close(AuditRecord(.stop))
            #expect(try secrets(next) == accepted + others, "\(log.count) of \(written.count) bytes")
            let verdict = try next.verify(["old", "audit.log"])
            #expect(verdict.isIntact, "\(log.count) of \(written.count) bytes: \(verdict)")
        }

        try goOn([], state: stateBefore, "next")
        // While it writes: whole records, and torn ones. The first line is the file's own.
        let own = ends.dropFirst(1).prefix(accepted.count)
        for end in [own.first, own.dropFirst().first, own.dropFirst(own.count / 2).first, own.last].compactMap(\.self) {
            try goOn(written[..<end], state: stateBefore, "next")
            try goOn(written[..<(end - 100)], state: stateBefore, "next")
        }
        // After it has written, and before it has taken anything out of the memory.
        try goOn(written[...], state: try fixture.scratch.read("audit.log.state"), "after", "next")
    }
}

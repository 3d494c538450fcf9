import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// What a writer leaves that is killed, or whose machine loses its power, at any moment.
@Suite("audit log: crashes") struct AuditCrashTests {
    /// The log and its state after each of some records.
    private func stages(_ fixture: AuditFixture, _ count: Int) throws -> [(log: [UInt8], state: [UInt8])] {
        var stages: [(log: [UInt8], state: [UInt8])] = []
        try fixture.killed { log in
            for number in 0..<count {
                try log.append(AuditFixture.open("secret\(number)"))
                stages.append((try fixture.bytes, try fixture.scratch.read("audit.log.state")))
            }
        }
        return stages
    }

    private func restore(_ fixture: AuditFixture, log: [UInt8], state: [UInt8]) throws {
        try fixture.scratch.write("audit.log", log)
        try fixture.scratch.write("audit.log.state", state)
    }

    @Test("a writer that was killed goes on without a word where it was")
    func killed() throws {
        let fixture = try AuditFixture()
        for _ in 0..<3 { try fixture.killed { try $0.append(AuditFixture.open()) } }
        try fixture.log()
        let verdict = try fixture.verify()
        #expect(verdict.isIntact && verdict.lastRecord == 5 && verdict.remarks.isEmpty)
    }

    @Test("killed between the record and the state: the record is taken in")
    func logAhead() throws {
        var fixture = try AuditFixture()
        // Checkpoints too have to be followed.
        fixture.settings.checkpointInterval = 2
        let stages = try stages(fixture, 7)
        for earlier in stages.indices {
            try restore(fixture, log: stages[6].log, state: stages[earlier].state)
            try fixture.log { try $0.append(AuditFixture.open("later")) }
            let verdict = try fixture.verify()
            #expect(verdict.isIntact, "state of \(earlier): \(String(describing: verdict.fault))")
            #expect(verdict.remarks.isEmpty)
            #expect(try fixture.bytes.starts(with: stages[6].log))
        }
    }

    @Test("a record that is torn stays, and a record says so; every byte of it is verified")
    func torn() throws {
        let fixture = try AuditFixture()
        let stages = try stages(fixture, 4)
        let complete = stages[2].log.count
        for count in stride(from: complete + 1, to: stages[3].log.count, by: 61) {
            let torn = Array(stages[3].log[..<count])
            try restore(fixture, log: torn, state: stages[2].state)
            // Before anybody has gone on, the file ends within a record.
            #expect(try fixture.verify().fault?.what == "the file ends within a record")
            try fixture.log { try $0.append(AuditFixture.open("later")) }
            #expect(try fixture.bytes.starts(with: torn))
            let verdict = try fixture.verify()
            #expect(verdict.isIntact, "\(count): \(String(describing: verdict.fault))")
            #expect(verdict.remarks.count == 1 && verdict.remarks[0].contains("that was not written whole"))
            if count % 3 == 0 {
                let bytes = try fixture.bytes
                for index in complete..<count {
                    var changed = bytes
                    changed[index] ^= 1
                    try fixture.scratch.write("audit.log", changed)
                    #expect(try !fixture.verify().isIntact, "byte \(index) of the torn record")
                }
            }
        }
    }

    @Test("records that the power failure took are counted, never silently", arguments: 0..<5)
    func stateAhead(left: Int) throws {
        var fixture = try AuditFixture()
        fixture.settings.checkpointInterval = 2
        let stages = try stages(fixture, 6)
        try restore(fixture, log: stages[left].log, state: stages[5].state)
        #expect(try fixture.verify().fault?.what.hasPrefix("the file is cut off") == true)
        try fixture.log { try $0.append(AuditFixture.open("later")) }
        let verdict = try fixture.verify()
        #expect(verdict.fault == nil, "\(String(describing: verdict.fault))")
        let last = { (bytes: [UInt8]) in bytes.split(separator: 10).count }
        #expect(verdict.missing == UInt64(last(stages[5].log) - last(stages[left].log)))
        #expect(!verdict.isIntact)
        #expect(verdict.remarks.contains { $0.contains("are lost") })
    }

    @Test("cut off within a record by the power failure: both are said")
    func stateAheadAndTorn() throws {
        let fixture = try AuditFixture()
        let stages = try stages(fixture, 4)
        let torn = Array(stages[1].log[..<(stages[1].log.count - 20)])
        try restore(fixture, log: torn, state: stages[3].state)
        try fixture.log()
        let verdict = try fixture.verify()
        #expect(verdict.fault == nil && verdict.missing == 3, "\(verdict)")
        #expect(try fixture.bytes.starts(with: torn))
    }

    @Test("a lost or broken state begins another chain; the file before is kept, and verifies by itself")
    func stateLost() throws {
        for content in [nil, [UInt8](repeating: 7, count: 512), []] {
            let fixture = try AuditFixture()
            try fixture.killed { try $0.append(AuditFixture.open("before")) }
            let before = try fixture.bytes
            if let content {
                try fixture.scratch.write("audit.log.state", content)
            } else {
                try fixture.remove("audit.log.state")
            }
            try fixture.log { try $0.append(AuditFixture.open("after")) }
            #expect(try fixture.scratch.read("audit.log.foreign-1") == before)
            let verdict = try fixture.verify()
            #expect(verdict.isIntact && verdict.remarks.contains { $0.contains("foreign-1") }, "\(verdict)")
            #expect(try fixture.verify(["audit.log.foreign-1"], allowsPart: true).isIntact)
            #expect(try fixture.verify(["audit.log.foreign-1", "audit.log"], allowsPart: true).fault != nil)
        }
    }

    @Test("each byte of the state that is changed is noticed")
    func stateChanged() throws {
        let fixture = try AuditFixture()
        try fixture.killed { try $0.append(AuditFixture.open()) }
        let (log, state) = (try fixture.bytes, try fixture.scratch.read("audit.log.state"))
        for index in stride(from: 0, to: state.count, by: 5) {
            var changed = state
            changed[index] ^= 0x10
            try restore(fixture, log: log, state: changed)
            try fixture.log()
            #expect(try fixture.verify().remarks.contains { $0.contains("was not whole") })
            try fixture.remove("audit.log.foreign-1")
        }
    }

    @Test("a second writer gets a clear error, and the first is not disturbed")
    func twoWriters() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditFixture.open())
            let error = #expect(throws: SecretaryError.self) { try AuditLog(fixture.settings, patience: .zero) }
            #expect(error?.message.contains("another process writes the audit log") == true)
            try log.append(AuditFixture.open())
        }
        #expect(try fixture.verify().isIntact)
    }

    @Test("killed at each step of a rotation, the chain goes on")
    func rotation() throws {
        let fixture = try AuditFixture()
        // A writer that has finished a file and cannot begin the next is, on the disk, one that was killed there.
        try fixture.killed { log in
            try log.append(AuditFixture.open())
            try fixture.rename("audit.log", to: "old")
            try fixture.scratch.makeFolder("audit.log")
            #expect(throws: SecretaryError.self) { try log.append(AuditFixture.open()) }
        }
        let (old, state) = (try fixture.scratch.read("old"), try fixture.scratch.read("audit.log.state"))
        let key = try fixture.scratch.read("audit.log.key")
        func goOn(_ name: String, _ files: [String], _ prepare: (AuditFixture) throws -> Void) throws -> [UInt8] {
            let copy = try AuditFixture()
            try copy.scratch.write("audit.log.key", key)
            try copy.scratch.write("audit.log.state", state)
            try prepare(copy)
            try copy.log { try $0.append(AuditFixture.open("later")) }
            let verdict = try copy.verify(files)
            #expect(verdict.isIntact && verdict.remarks.isEmpty, "\(name): \(verdict)")
            #expect(verdict.lastRecord == 6)
            return try copy.bytes
        }
        let new = try goOn("no new file", ["old", "audit.log"]) { _ = try $0.scratch.write("old", old) }
        let begin = Array(new[...(try #require(new.firstIndex(of: 10)))])
        for content in [[], begin] {
            _ = try goOn("\(content.count) bytes of the new file", ["old", "audit.log"]) { copy in
                try copy.scratch.write("old", old)
                try copy.scratch.write("audit.log", content)
            }
        }
        _ = try goOn("not renamed", ["audit.log.000000000003", "audit.log"]) { copy in
            _ = try copy.scratch.write("audit.log", old)
        }
    }
}

import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// Everything that can be done to a log is found.
@Suite("audit log: tampering") struct AuditTamperTests {
    /// A small log with a checkpoint in the middle.
    private static func small(_ count: Int = 5, checkpoints: UInt64 = 4) throws -> AuditFixture {
        var fixture = try AuditFixture()
        fixture.settings.checkpointInterval = checkpoints
        try fixture.log { log in
            for number in 0..<count { try log.append(AuditFixture.open("secret\(number)")) }
        }
        return fixture
    }

    private func lines(_ fixture: AuditFixture) throws -> [ArraySlice<UInt8>] {
        try fixture.bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast().map { $0 + [10] }
    }

    @Test("every single byte that is changed is found, with the key and without")
    func everyByte() throws {
        let fixture = try Self.small(1, checkpoints: 2)
        let intact = try fixture.bytes
        #expect(try fixture.verify().isIntact)
        let key = try AuditKey(fixture.keyFile)
        for index in intact.indices {
            // Another bit of each byte, so that digits become digits, letters change their case and newlines vanish.
            for bit in [UInt8(1) << (index % 8), 0x20] {
                var changed = intact
                changed[index] ^= bit
                let file = try fixture.scratch.write("changed.log", changed)
                // In the name of the log: it is not the one of the key.
                let verdict = try? AuditVerifier(key: key).verify([file])
                #expect(verdict?.isIntact != true, "byte \(index) ^ \(bit)")
                if let fault = verdict?.fault {
                    #expect(fault.offset <= UInt64(index), "byte \(index): found at \(fault.offset)")
                }
                // The last record is signed; nothing is, but the key, that its own MAC could be compared with.
                guard !(intact.count - 67..<intact.count - 3).contains(index) else { continue }
                #expect(try !AuditVerifier().verify([file]).isIntact, "byte \(index) ^ \(bit), without the key")
            }
        }
    }

    @Test("a log that is cut off anywhere is found")
    func truncated() throws {
        let fixture = try Self.small(1, checkpoints: 2)
        let intact = try fixture.bytes
        let key = try AuditKey(fixture.keyFile)
        for count in intact.indices {
            let file = try fixture.scratch.write("cut.log", intact[..<count])
            #expect(try !AuditVerifier(key: key).verify([file]).isIntact, "\(count) bytes")
        }
    }

    @Test("the first bad record is named, with its byte and what is wrong")
    func named() throws {
        let fixture = try Self.small()
        var lines = try lines(fixture)
        let before = lines[..<3].reduce(0) { $0 + $1.count }
        lines[3] = ArraySlice(String(decoding: lines[3], as: UTF8.self).replacing("secret2", with: "secret9").utf8)
        try fixture.scratch.write("audit.log", lines.joined())
        let fault = try #require(try fixture.verify().fault)
        #expect(fault.record == 4)
        #expect(fault.offset == UInt64(before))
        #expect(fault.what.hasPrefix("its MAC is wrong"))
    }

    @Test("records that are left out, repeated or exchanged are found", arguments: [true, false])
    func moved(keyed: Bool) throws {
        let fixture = try Self.small(8)
        let lines = try lines(fixture)
        for index in lines.indices {
            var without = lines
            without.remove(at: index)
            try fixture.scratch.write("audit.log", without.joined())
            #expect(try !fixture.verify(keyed: keyed).isIntact, "without line \(index)")

            try fixture.scratch.write("audit.log", (lines[...index] + lines[index...]).joined())
            #expect(try !fixture.verify(keyed: keyed).isIntact, "line \(index) twice")

            guard index > 0 else { continue }
            var exchanged = lines
            exchanged.swapAt(index - 1, index)
            try fixture.scratch.write("audit.log", exchanged.joined())
            #expect(try !fixture.verify(keyed: keyed).isIntact, "lines \(index - 1) and \(index) exchanged")
        }
    }

    @Test("a record missing in the middle is called missing")
    func missing() throws {
        let fixture = try Self.small()
        var lines = try lines(fixture)
        lines.remove(at: 2)
        try fixture.scratch.write("audit.log", lines.joined())
        #expect(try fixture.verify().fault?.what == "record 3 is missing")
    }

    @Test(
        "numbers that nobody could go on from are found, and end neither who verifies nor who writes on",
        arguments: ["seq", "epoch", "lost"], [UInt64(0), 1 << 62, .max])
    func numbers(name: String, number: UInt64) throws {
        let fixture = try Self.small()
        let text = try fixture.scratch.readText("audit.log")
        let changed = text.replacing(/"(seq|epoch)":\d+/) { match in
            match.1 == name ? "\"\(name)\":\(number)" : String(match.0)
        }.replacing("\"event\":\"open\"", with: "\"event\":\"recovered\",\"lost\":\(number)")
        try fixture.scratch.write("audit.log", Array(changed.utf8))
        // The key may be taken for another log's.
        for keyed in [true, false] { #expect((try? fixture.verify(keyed: keyed).isIntact) != true) }
        try fixture.log { log in try log.append(AuditFixture.open("another")) }
        for keyed in [true, false] { #expect((try? fixture.verify(keyed: keyed).isIntact) != true) }
    }

    @Test(
        "whatever is sealed for the auditor as the key of a log, it cannot end who verifies it",
        arguments: [0, 31, 33, 9999])
    func sealedKey(count: Int) throws {
        var fixture = try AuditFixture()
        let auditor = try PrivateKey.generate()
        fixture.settings.auditor = auditor.publicKey
        try fixture.log { log in try log.append(AuditFixture.open()) }
        let box = SealedBox.seal(try SecretBytes(count: count), to: auditor.publicKey).hexadecimal
        let changed = try fixture.scratch.readText("audit.log")
            .replacing(/"sealed_key":"[0-9a-f]+"/) { _ in "\"sealed_key\":\"\(box)\"" }
        try fixture.scratch.write("audit.log", Array(changed.utf8))
        let error = #expect(throws: SecretaryError.self) {
            try AuditVerifier(key: AuditKey(auditor: auditor)).verify([fixture.file])
        }
        #expect(error?.code == .wrongKey)
    }

    @Test(
        "no number in the writer's state can end who verifies the log or writes on",
        arguments: [16, 24, 32, 40, 56, 168], [UInt8.min, .max])
    func stateNumbers(offset: Int, byte: UInt8) throws {
        let fixture = try AuditFixture()
        try fixture.killed { log in try log.append(AuditFixture.open()) }
        var state = try fixture.scratch.read("audit.log.state")
        state.replaceSubrange(offset..<offset + 8, with: [UInt8](repeating: byte, count: 8))
        state.replaceSubrange(480..., with: BLAKE2b.hash(Array(state[..<480])))
        try fixture.scratch.write("audit.log.state", state)
        _ = try? fixture.verify()
        try fixture.log { log in try log.append(AuditFixture.open("another")) }
        _ = try? fixture.verify(allowsPart: true)
    }

    @Test("a line with very many members is no record")
    func manyMembers() throws {
        let fixture = try Self.small()
        let line = try #require(try lines(fixture).first)
        let members = (0..<100).map { ",\"m\($0)\":0" }.joined()
        let changed = String(decoding: line, as: UTF8.self).replacing(",\"mac\"", with: members + ",\"mac\"")
        let file = try fixture.scratch.write("many.log", Array(changed.utf8))
        #expect(try AuditEntry.forEach(in: [file]) { _ in } == 1)
        #expect(try AuditVerifier().verify([file]).fault?.what == "this is no record")
    }

    @Test("a log written anew with other keys is not the one that its root key or the key file is of")
    func replaced() throws {
        let genuine = try Self.small()
        let forged = try Self.small()
        let root = try genuine.verify().root
        #expect(try forged.verify(root: root).fault?.what.hasPrefix("it begins with the key") == true)
        #expect(try genuine.verify(root: root).isIntact)
        let key = try AuditKey(genuine.keyFile)
        let error = #expect(throws: SecretaryError.self) { try AuditVerifier(key: key).verify([forged.file]) }
        #expect(error?.code == .wrongKey)
    }

    @Test("whoever has the present state cannot change what was logged before, only go on")
    func forwardSecurity() throws {
        let fixture = try AuditFixture()
        try fixture.killed { log in
            for number in 0..<5 { try log.append(AuditFixture.open("secret\(number)")) }
        }
        // What an intruder finds on the machine: no key of an earlier record is in it.
        let first = try fixture.scratch.read("audit.log.key")
        let digits = first.split(separator: 32)[2].prefix(64)
        let key = stride(from: 0, to: 64, by: 2).compactMap { index in
            UInt8(String(decoding: digits.dropFirst(index).prefix(2), as: UTF8.self), radix: 16)
        }
        let state = try fixture.scratch.read("audit.log.state")
        #expect(key.count == 32 && state.count == 512)
        #expect(!state.indices.contains { state[$0...].starts(with: key) })
        // The state after fewer records was another one, and is not on the disk any more.
        #expect(try fixture.verify().isIntact)
    }

    @Test("made-up files are refused, never a crash")
    func fuzz() throws {
        let fixture = try Self.small()
        let intact = try fixture.bytes
        let key = try AuditKey(fixture.keyFile)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var bytes = intact
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let from = Int.random(in: bytes.indices, using: &random)
                let to = min(bytes.count, from + Int.random(in: 0...200, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.replaceSubrange(from..<to, with: bytes[..<min(bytes.count, to - from)])
                case 1: bytes.replaceSubrange(from..<to, with: [])
                case 2: bytes.insert(contentsOf: bytes[from..<to], at: from)
                default:
                    let noise = (from..<to).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                    bytes.replaceSubrange(from..<to, with: noise)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard bytes != intact else { continue }
            let file = try fixture.scratch.write("noise.log", bytes)
            #expect((try? AuditVerifier(key: key).verify([file]))?.isIntact != true)
            _ = try AuditEntry.forEach(in: [file]) { _ in }
        }
    }
}

import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// What somebody does to the file while it is written.
@Suite("audit log: the file") struct AuditFileTests {
    @Test("files are made for their owner alone")
    func permissions() throws {
        let fixture = try AuditFixture()
        try fixture.log()
        for file in [fixture.file, fixture.state, fixture.keyFile] {
            var status = stat()
            #expect(unsafe stat(file.string, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        }
    }

    @Test("renamed, as logrotate does: the file is finished and another goes on")
    func renamed() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditFixture.open("one"))
            try fixture.rename("audit.log", to: "audit.log.1")
            try log.append(AuditFixture.open("two"))
        }
        let verdict = try fixture.verify(["audit.log", "audit.log.1"])
        #expect(verdict.isIntact && verdict.remarks.isEmpty && verdict.lastRecord == 6, "\(verdict)")
        #expect(try fixture.verify(["audit.log.1"], allowsPart: true).isIntact)
        #expect(try fixture.verify(["audit.log.1"]).fault?.what.hasPrefix("the log goes on in another file") == true)
        #expect(try fixture.verify(["audit.log"]).fault?.what.contains("begins with record 4") == true)
        #expect(try fixture.verify(["audit.log"], allowsPart: true).isIntact)
        #expect(try fixture.verify(["audit.log"], keyed: false, allowsPart: true).isIntact)
    }

    @Test("renamed and replaced by an empty file, as logrotate's create does")
    func renamedAndCreated() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditFixture.open("one"))
            try fixture.rename("audit.log", to: "audit.log.1")
            try fixture.scratch.write("audit.log", "")
            try log.append(AuditFixture.open("two"))
        }
        #expect(try fixture.verify(["audit.log.1", "audit.log"]).isIntact)
    }

    @Test("deleted: another file goes on, and says how many records are lost")
    func deleted() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            for _ in 0..<3 { try log.append(AuditFixture.open()) }
            try fixture.remove("audit.log")
            try log.append(AuditFixture.open("later"))
        }
        let verdict = try fixture.verify(allowsPart: true)
        #expect(verdict.fault == nil && verdict.missing == 4 && !verdict.isIntact, "\(verdict)")
        #expect(verdict.remarks.contains { $0.contains("was deleted with records 1 to 4") })
    }

    @Test(
        "cut off while it is written: the rest is kept, and a record says how many are lost", arguments: [0, 1, 2, 700])
    func truncated(size: Int) throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            for _ in 0..<4 { try log.append(AuditFixture.open()) }
            #expect(unsafe truncate(fixture.file.string, size) == 0)
            try log.append(AuditFixture.open("later"))
        }
        let verdict = try fixture.verify(allowsPart: true)
        #expect(verdict.fault == nil && verdict.missing > 0, "\(verdict)")
    }

    @Test("what somebody else appends is told apart")
    func foreignBytes() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditFixture.open("one"))
            let genuine = try fixture.bytes
            // Noise, and a record that was there before.
            let copy = genuine.split(separator: 10)[1] + [10]
            for noise in [Array("noise".utf8), Array("noise\n".utf8), Array(copy)] {
                let file = try FileDescriptor.open(fixture.file, .writeOnly, options: [.append])
                try file.closeAfter { _ = try file.writeAll(noise) }
                try log.append(AuditFixture.open("more"))
            }
        }
        let verdict = try fixture.verify()
        #expect(verdict.isIntact && verdict.remarks.count == 3, "\(verdict)")
        #expect(try fixture.verify(keyed: false).isIntact)
    }

    @Test("another file in its place is set aside, and nothing of it is lost")
    func replaced() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditFixture.open("one"))
            try fixture.scratch.write("other", "something else\n")
            try fixture.rename("audit.log", to: "audit.log.1")
            try fixture.rename("other", to: "audit.log")
            try log.append(AuditFixture.open("two"))
        }
        #expect(try fixture.verify(["audit.log.1", "audit.log"]).isIntact)
        #expect(try Scratch.list(fixture.scratch.path).contains { $0.hasPrefix("audit.log.foreign-") })
    }

    @Test("a FIFO, a folder, a symbolic link or a file of others in its place: nothing is let out, and nothing hangs")
    func notAFile() throws {
        for kind in ["fifo", "folder", "link", "others"] {
            let fixture = try AuditFixture()
            func put() throws {
                switch kind {
                case "fifo": #expect(unsafe mkfifo(fixture.file.string, 0o600) == 0)
                case "folder": try fixture.scratch.makeFolder("audit.log")
                case "link":
                    try fixture.scratch.write("target", "")
                    #expect(unsafe symlink("target", fixture.file.string) == 0)
                default: try fixture.scratch.write("audit.log", "", mode: [.ownerReadWrite, .otherReadWrite])
                }
            }
            try put()
            #expect(throws: SecretaryError.self, "\(kind)") { try AuditLog(fixture.settings) }
            #expect(unsafe Glibc.remove(fixture.file.string) == 0)
            try fixture.log { log in
                try log.append(AuditFixture.open("one"))
                try fixture.rename("audit.log", to: "audit.log.1")
                try put()
                #expect(throws: SecretaryError.self, "\(kind)") { try log.append(AuditFixture.open("two")) }
                #expect(log.status[0].trouble != nil)
                #expect(unsafe Glibc.remove(fixture.file.string) == 0)
                try log.append(AuditFixture.open("three"))
                #expect(log.status[0].trouble == nil)
            }
            #expect(try fixture.verify(["audit.log.1", "audit.log"]).isIntact)
        }
    }

    @Test("a file that has become too large is finished, and the files belong together")
    func rotation() throws {
        var fixture = try AuditFixture()
        fixture.settings.maximumSize = 3000
        fixture.settings.checkpointInterval = 3
        try fixture.log { log in
            for number in 0..<30 { try log.append(AuditFixture.open("secret\(number)")) }
        }
        let files = try Scratch.list(fixture.scratch.path).filter { !$0.hasSuffix("state") && !$0.hasSuffix("key") }
        #expect(files.count > 3)
        for keyed in [true, false] {
            #expect(try fixture.verify(files.shuffled(), keyed: keyed).isIntact)
            for index in 0..<files.count - 1 {
                var some = files
                some.remove(at: index)
                #expect(try !fixture.verify(some, keyed: keyed).isIntact, "without \(files[index])")
            }
        }
        // Each file by itself, too, with what the one before said about its key.
        var root: String?
        for file in files.dropFirst() + files.prefix(1) {
            let verdict = try fixture.verify([file], root: root, allowsPart: true)
            #expect(verdict.isIntact, "\(file): \(verdict)")
            root = verdict.nextRoot
        }
    }
}

import Glibc
import SecretaryCore
import SystemPackage
import TestSupport

/// An audit log in a folder of its own.
struct AuditFixture {
    let scratch: Scratch
    var settings = AuditSettings()
    let memory = AuditMemory()

    var file: FilePath { scratch["audit.log"] }
    var state: FilePath { scratch["audit.log.state"] }
    var keyFile: FilePath { scratch["audit.log.key"] }

    init() throws {
        scratch = try Scratch("audit")
        settings.file = scratch["audit.log"]
        // Tests look at what is in the file.
        settings.sync = .none
    }

    /// Opens the log, lends it, and ends it with a last record.
    func log(_ body: (AuditLog) throws -> Void = { _ in }) throws {
        let log = try AuditLog(settings, backlog: memory.backlog)
        try body(log)
        try log.close(AuditRecord(.stop))
    }

    /// Opens the log as a process does that is killed afterwards: without a last record.
    func killed(_ body: (AuditLog) throws -> Void = { _ in }) throws {
        try body(try AuditLog(settings, backlog: memory.backlog))
    }

    static func open(_ secret: String = "db/password", uid: UInt32 = 1000) -> AuditRecord {
        var record = AuditRecord(.open)
        record.mount = "/run/secrets"
        record.secret = secret
        record.digest = Array(0..<32).hexadecimal
        record.scope = "/prod/web"
        record.generation = 7
        record.decision = ReaderDecision(isAllowed: true, rule: "default: file mode")
        record.reader = ReaderProcess(
            uid: uid, gid: uid, pid: 4711, startTime: 123_456, executable: "/usr/bin/python3.11",
            cgroup: "/system.slice/docker-0123456789abcdef.scope", container: "0123456789abcdef")
        return record
    }

    var bytes: [UInt8] {
        get throws { try scratch.read("audit.log") }
    }

    func rename(_ old: String, to new: String) throws {
        guard unsafe Glibc.rename(scratch[old].string, scratch[new].string) == 0 else { throw Errno(rawValue: errno) }
    }

    func remove(_ name: String) throws {
        guard unsafe unlink(scratch[name].string) == 0 else { throw Errno(rawValue: errno) }
    }

    func verify(
        _ files: [String] = ["audit.log"], keyed: Bool = true, root: String? = nil, allowsPart: Bool = false
    ) throws -> AuditVerdict {
        let key = keyed ? try AuditKey(keyFile) : nil
        return try AuditVerifier(key: key, root: root, allowsPart: allowsPart).verify(files.map { scratch[$0] })
    }
}

/// Memory for a backlog, as a mount keeps it.
@safe final class AuditMemory: @unchecked Sendable {  // never moves
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: AuditBacklog.size, alignment: 8)

    init() {
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// As the process after one that is killed now would find it.
    init(copying other: AuditMemory) {
        unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(other.bytes))
    }

    deinit { unsafe bytes.deallocate() }

    var backlog: AuditBacklog { unsafe AuditBacklog(in: bytes, of: self) }
}

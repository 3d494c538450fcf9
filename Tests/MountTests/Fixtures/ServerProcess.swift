import Glibc
import SystemPackage
import TestSupport
import Testing

/// A process that serves a mount, as `/proc` shows it.
struct ServerProcess: Sendable {
    let pid: pid_t
    /// Tells it from another process that got the same number later.
    private let started: Substring

    /// - Throws: when there is no such process.
    init(pid: pid_t) throws {
        guard let started = Self.startTime(pid) else { throw MountFailure("there is no process \(pid)") }
        self.pid = pid
        self.started = started
    }

    var isRunning: Bool { Self.startTime(pid) == started }

    /// What its open descriptors refer to, sorted.
    func descriptors() throws -> [String] {
        let folder = FilePath("/proc/\(pid)/fd")
        return try Scratch.list(folder).compactMap { name in
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return 0 }
                return unsafe readlink(folder.appending(name).string, base, bytes.count)
            }
            // Closed meanwhile.
            guard count > 0 else { return nil }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }.sorted()
    }

    /// Resident memory, and the part of it that is not mapped from files, in KiB.
    func memory() throws -> (resident: Int, anonymous: Int) {
        (try field("VmRSS", of: "status"), try field("RssAnon", of: "status"))
    }

    func field(_ name: String, of file: String) throws -> Int {
        let text = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/\(file)")), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        let words = line?.split { $0 == " " || $0 == "\t" }
        guard let number = words?.dropFirst().first, let value = Int(number) else {
            throw MountFailure("/proc/\(pid)/\(file) has no \(name)")
        }
        return value
    }

    func signal(_ number: Int32) throws {
        guard kill(pid, number) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Field 22 of `/proc/PID/stat`; `nil` for a process that is gone, or dead and not waited for.
    private static func startTime(_ pid: pid_t) -> Substring? {
        guard let bytes = try? Scratch.read(FilePath("/proc/\(pid)/stat")) else { return nil }
        // The second field, the name in parentheses, may hold blanks.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return fields[19]
    }
}

extension ServerProcess {
    /// How often its threads have gone to sleep since they began: a process that does nothing stays asleep.
    func sleeps() throws -> Int {
        try Scratch.list(FilePath("/proc/\(pid)/task")).reduce(0) { sum, thread in
            sum + (try field("voluntary_ctxt_switches", of: "task/\(thread)/status"))
        }
    }
}

extension Mount {
    /// Nothing wakes the supervisor or the worker while nobody asks for anything.
    func staysAsleep(for time: Duration) async throws {
        func sleeps() throws -> [Int] { [try server.sleeps(), try worker.sleeps()] }
        // Whoever asked last may be gone before its requests are.
        var before = try sleeps()
        try await eventually("both sleep") {
            try await Task.sleep(for: .seconds(1))
            let now = try sleeps()
            defer { before = now }
            return now == before
        }
        try await Task.sleep(for: time)
        #expect(try sleeps() == before)
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

/// A repo that is mounted.
struct Mount: Sendable {
    let repo: TestRepo
    /// The mountpoint.
    let path: FilePath
    /// The supervisor.
    let server: ServerProcess
    /// The worker that serves first.
    let worker: ServerProcess
    /// What the worker had open when it was ready.
    private let descriptors: [String]

    /// The path of a file of the mount.
    subscript(name: String) -> FilePath { path.pushing(FilePath(name)) }

    /// Mounts, and knows of the server what a reader can know.
    /// - Parameters:
    ///   - source: `nil` for none, as a mount of volumes has it.
    ///   - options: what stands before the source on the command line.
    init(_ repo: TestRepo, _ source: String?, _ options: [String], at mountpoint: FilePath) async throws {
        let words = ["mount"] + options + (source.map { [$0] } ?? []) + [mountpoint.string]
        let result = try await repo.run("secretaryctl", words)
        guard result.status == 0 else {
            throw MountFailure("mount exited \(result.status): \(result.errors)")
        }
        // A large source takes a program without optimization its time.
        let complaints = result.errors.split(separator: "\n").filter { !$0.contains("still reading the source") }
        guard result.output.isEmpty, complaints.isEmpty else {
            throw MountFailure("mount says: \(result.text)\(result.errors)")
        }
        try await self.init(repo, at: mountpoint)
    }

    /// Takes over what is mounted there already.
    init(_ repo: TestRepo, at mountpoint: FilePath) async throws {
        self.repo = repo
        path = mountpoint
        let status = try await MountStatus(repo, at: mountpoint)
        let server = try ServerProcess(pid: pid_t(try status.number("pid")))
        let worker = try ServerProcess(pid: pid_t(try status.number("worker_pid")))
        // The pipe by which the server said that it is ready is closed a moment after that.
        var descriptors: [String] = []
        try await eventually("the server lets go of its pipes") {
            descriptors = try worker.descriptors()
            return !(descriptors + (try server.descriptors())).contains { $0.hasPrefix("pipe:") }
        }
        self.server = server
        self.worker = worker
        self.descriptors = descriptors
    }

    func status() async throws -> MountStatus { try await MountStatus(repo, at: path) }

    /// Waits until nothing is open and no plaintext is held any more.
    func becomesIdle() async throws {
        try await eventually("no file is open and no secret is held") {
            let status = try await status()
            return try status.number("open_handles") == 0 && status.number("held_secrets") == 0
        }
    }

    /// Reads a file as the repo's account.
    func read(_ name: String, as other: Account? = nil) async throws -> CommandResult {
        try await repo.run("cat", [self[name].string], as: other)
    }

    /// The process that serves now.
    func currentWorker() async throws -> ServerProcess {
        try ServerProcess(pid: pid_t(try await status().number("worker_pid")))
    }

    /// The same as `/proc` has it: without asking the mount.
    func presentWorker() throws -> ServerProcess? {
        let children = try Scratch.read(FilePath("/proc/\(server.pid)/task/\(server.pid)/children"))
        let pid = String(decoding: children, as: UTF8.self).split(separator: " ").last.flatMap { pid_t($0) }
        return pid.flatMap { try? ServerProcess(pid: $0) }
    }

    /// What the worker has open and had not when it was ready; nothing when it is another one.
    ///
    /// What it has open of readers in `/proc`, a bounded number, it keeps until it needs the room.
    func leakedDescriptors() throws -> [String] {
        guard worker.isRunning else { return [] }
        let open = try worker.descriptors().filter { !$0.hasPrefix("/proc/") }
        return descriptors.reduce(into: open) { left, descriptor in
            if let index = left.firstIndex(of: descriptor) { left.remove(at: index) }
        }
    }

    /// Kills the supervisor, and then the worker that nobody starts anew.
    func kill() async throws {
        try server.signal(SIGKILL)
        try await eventually("the supervisor is dead") { !server.isRunning }
        try worker.signal(SIGKILL)
        try await eventually("the worker is dead") { !worker.isRunning }
    }

    /// Ends the mount: nothing may be open, the server must have leaked no descriptor, and must end.
    func end(_ location: Testing.SourceLocation) async throws {
        do {
            try await eventually("no file is open any more") {
                try await status().number("open_handles") == 0
            }
            try await eventually("the server leaks no descriptor") {
                try leakedDescriptors().isEmpty
            }
        } catch {
            Issue.record(
                "\(error); leaked: \((try? leakedDescriptors()) ?? [])", sourceLocation: location)
        }
        let result = try await repo.secretaryctl("unmount", path.string)
        guard result.status == 0 else {
            // The clean-up of the repo removes the mount.
            Issue.record("unmount exited \(result.status): \(result.errors)", sourceLocation: location)
            return
        }
        // What it had locked it lets go of a moment before it is gone.
        try await eventually("the server ends") { !server.isRunning && !worker.isRunning }
    }
}

extension TestRepo {
    /// Mounts a source of the repo while `body` runs.
    func mounted(
        _ source: String?, _ options: String..., location: Testing.SourceLocation = #_sourceLocation,
        _ body: (Mount) async throws -> Void
    ) async throws {
        try await mounted(source, options: options, location, body)
    }

    /// The same with options in a list.
    func mounted(
        _ source: String?, options: [String], _ location: Testing.SourceLocation, _ body: (Mount) async throws -> Void
    ) async throws {
        let mount = try await Mount(self, source, options, at: mountpoint)
        do {
            try await body(mount)
        } catch {
            _ = try await secretaryctl("unmount", "--lazy", mount.path.string)
            throw error
        }
        try await mount.end(location)
    }
}

/// `.secretary/status` at one moment.
struct MountStatus: Sendable {
    let text: String

    init(_ repo: TestRepo, at mountpoint: FilePath) async throws {
        // From elsewhere: the repo may be away at this moment.
        let result = try await repo.run(
            "cat", [mountpoint.appending(".secretary/status").string],
            directory: repo.mountpoint.removingLastComponent())
        guard result.status == 0 else { throw MountFailure("no status: \(result.errors)") }
        text = result.text
    }

    /// The value of a key, as JSON has it.
    subscript(key: String) -> Substring? {
        text.split(separator: "\n").first { $0.hasPrefix("  \"\(key)\": ") }?
            .dropFirst(key.utf8.count + 6).trimmingSuffix { $0 == "," }
    }

    func number(_ key: String) throws -> Int {
        guard let value = self[key], let number = Int(value) else { throw MountFailure("no number \(key) in \(text)") }
        return number
    }

    /// A string; `null` is empty.
    func string(_ key: String) throws -> Substring {
        guard let value = self[key] else { throw MountFailure("no \(key) in \(text)") }
        return value == "null" ? "" : value.dropFirst().dropLast()
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}

import Glibc
import SystemPackage
import TestSupport
import Testing

/// What is left of a test that is over: there must be nothing.
enum Leftovers {
    /// The variable, with the test's folder as its value, by which processes of a test are recognised.
    static let mark = "SECRETARY_TEST_FOLDER"

    /// Mounts at or below a test's folder, in the order in which they were made.
    static func mounts(of repo: TestRepo) async throws -> [String] {
        let table = String(
            decoding: try Scratch.read(FilePath("/proc/\(try await repo.mounts.process)/mountinfo")), as: UTF8.self)
        return table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4, FilePath(String(fields[4])).starts(with: repo.place) else { return nil }
            return String(fields[4])
        }
    }

    /// Processes that commands of a test left running.
    static func processes(of repo: TestRepo) throws -> [ServerProcess] {
        let variable = Array("\(mark)=\(repo.place)\0".utf8)
        return try Scratch.list("/proc").compactMap { name in
            guard let pid = pid_t(name), let environment = try? Scratch.read(FilePath("/proc/\(pid)/environ")),
                environment.firstRange(of: variable) != nil
            else { return nil }
            return try? ServerProcess(pid: pid)
        }
    }

    /// Records an issue for every mount and process that is left, and removes them, the latest mount first.
    static func check(_ repo: TestRepo, _ location: Testing.SourceLocation) async throws {
        for mount in try await mounts(of: repo).reversed() {
            Issue.record("left mounted: \(mount)", sourceLocation: location)
            _ = try await repo.run("umount", ["--lazy", mount], as: .root, directory: "/")
        }
        do {
            try await eventually("all processes of \(repo.place) end") {
                try processes(of: repo).isEmpty
            }
        } catch {
            for process in try processes(of: repo) {
                Issue.record("left running: \(process)", sourceLocation: location)
                try? process.signal(SIGKILL)
            }
        }
    }
}

import Glibc
import SystemPackage
import TestSupport

/// Control groups for a test, below one of its own in the unified hierarchy.
struct ControlGroups: Sendable {
    /// Where they are made.
    let folder: FilePath
    /// The test's own, from the root of the hierarchy.
    let path: String

    /// Makes them, lends them, and removes them.
    static func with(_ names: [String], _ body: (ControlGroups) async throws -> Void) async throws {
        let name = "secretary-test-\(getpid())"
        let folder = try hierarchy().appending(name)
        let all = [folder] + names.map { folder.pushing(FilePath($0)) }
        for group in all {
            guard unsafe mkdir(group.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        }
        defer { for group in all.reversed() { _ = unsafe rmdir(group.string) } }
        try await body(ControlGroups(folder: folder, path: "/\(name)"))
    }

    /// Where the unified hierarchy is mounted.
    private static func hierarchy() throws -> FilePath {
        let mounts = String(decoding: try Scratch.read(FilePath("/proc/self/mounts")), as: UTF8.self)
        let fields = mounts.split(separator: "\n").map { $0.split(separator: " ") }
        guard let mount = fields.first(where: { $0.count > 2 && $0[2] == "cgroup2" }) else {
            throw MountFailure("no unified hierarchy of control groups is mounted")
        }
        return FilePath(String(mount[1]))
    }
}

import Glibc
import SystemPackage
import TestSupport

/// Control groups for a test, below one of its own in the unified hierarchy.
struct ControlGroups: Sendable {
    /// Where they are made.
    let folder: FilePath
    /// The test's own, from the root of the hierarchy.
    let path: String

    /// Makes them, lends them, and removes them and what was made below them.
    static func with(_ names: [String] = [], _ body: (ControlGroups) async throws -> Void) async throws {
        let name = "secretary-test-\(getpid())"
        guard let folder = hierarchy()?.appending(name) else {
            throw MountFailure("no unified hierarchy of control groups is mounted")
        }
        for group in [folder] + names.map({ folder.pushing(FilePath($0)) }) {
            guard unsafe mkdir(group.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        }
        do {
            try await body(ControlGroups(folder: folder, path: "/\(name)"))
        } catch {
            try? await remove(folder)
            throw error
        }
        try await remove(folder)
    }

    /// Where the unified hierarchy is mounted.
    static func hierarchy() -> FilePath? {
        let mounts = (try? Scratch.read("/proc/self/mounts")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let fields = mounts.split(separator: "\n").map { $0.split(separator: " ") }
        return fields.first { $0.count > 2 && $0[2] == "cgroup2" }.map { FilePath(String($0[1])) }
    }

    /// Waits until nobody is in the groups any more.
    private static func remove(_ group: FilePath) async throws {
        try await eventually("all processes of \(group) end") {
            removeEmpty(group)
            return unsafe access(group.string, F_OK) != 0
        }
    }

    private static func removeEmpty(_ group: FilePath) {
        // Files in it are no folders, and go with it.
        for name in (try? Scratch.list(group)) ?? [] { removeEmpty(group.appending(name)) }
        _ = unsafe rmdir(group.string)
    }
}

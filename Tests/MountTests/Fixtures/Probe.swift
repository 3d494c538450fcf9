import SystemPackage
import TestSupport

extension TestRepo {
    /// Runs a probe, and answers what it says of each of its checks.
    /// - Throws: when it does not get to its end.
    func probe(_ name: String, _ arguments: String...) async throws -> [(check: String, answer: String)] {
        let result = try await run(name, arguments)
        guard result.status == 0 else {
            throw MountFailure("\(name) \(arguments) exited \(result.status): \(result.text)\(result.errors)")
        }
        return result.text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// Tries one operation: `stat`, `list`, `open` or `read`.
    /// - Returns: `ok`, or the call that failed and its errno by name.
    func attempt(_ operation: String, _ path: FilePath, as other: Account? = nil) async throws -> String {
        let result = try await run("attempt", [operation, path.string], as: other)
        guard result.status == 0 else { throw MountFailure("attempt exited \(result.status): \(result.errors)") }
        return String(result.text.dropLast())
    }
}

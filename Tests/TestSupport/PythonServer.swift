internal import Glibc
public import SystemPackage

/// A server written in Python that runs beside a test.
///
/// The script says `ready`, and what its tests have to know, on a line of standard output when it listens.
public struct PythonServer: Sendable {
    public let pid: Int32
    /// The words behind `ready`.
    public let words: [String]

    /// The first word behind `ready`.
    public var port: Int { words.first.flatMap { Int($0) } ?? 0 }
    public var url: String { "http://127.0.0.1:\(port)" }

    /// The Python with the packages that `scripts/setup test` installs; `nil` outside of `make test`.
    public static var python: String? {
        unsafe getenv("SECRETARY_TEST_PYTHON").map { unsafe String(cString: $0) }
    }

    /// Runs a script, and `body` while it serves; then stops it.
    public static func run<Result: Sendable>(
        _ script: FilePath, _ arguments: [String] = [], environment: [String: String] = [:],
        _ body: (PythonServer) async throws -> Result
    ) async throws -> Result {
        guard let python else { throw CommandFailure(description: "set SECRETARY_TEST_PYTHON, or run make test") }
        let output = try Pipe()
        defer { try? output.reader.close() }
        return try await Command.whileRunning(
            python, [script.string] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"].merging(environment) { $1 },
            output: output.writer
        ) { pid in
            defer { kill(pid, SIGKILL) }
            var line: [UInt8] = []
            while let byte = try output.read(1).first, byte != UInt8(ascii: "\n") { line.append(byte) }
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.first == "ready" else { throw CommandFailure(description: "\(script) did not become ready") }
            return try await body(PythonServer(pid: pid, words: Array(words.dropFirst())))
        }.0
    }
}

import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A `secretaryd` that answers at `port`.
struct RunningDaemon: Sendable {
    let pid: Int32
    let port: Int
    /// What it has said on standard error goes there.
    let log: FilePath

    var messages: String { get throws { String(decoding: try Scratch.read(log), as: UTF8.self) } }

    func signal(_ number: Int32) throws {
        guard kill(pid, number) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Asks for something without a body.
    func get(_ path: String) async throws -> (status: Int, body: String) {
        let output = try await Command.run(
            "curl", ["-s", "--max-time", "120", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(path)"])
        return (Int(output.text.suffix(3)) ?? 0, String(output.text.dropLast(3)))
    }

    /// The number in a line of `/metrics`.
    func metric(_ name: String) async throws -> Double {
        let line = try await get("/metrics").body.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        return try #require(line.flatMap { Double($0.dropFirst(name.count + 1)) }, "no \(name)")
    }

    /// Resident memory in KiB.
    func memory() throws -> Int {
        let status = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/status")), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(
            line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
    }
}

extension DaemonSetup {
    /// Runs a daemon with the configuration of the scratch folder, and `body` beside it.
    /// - Returns: what `body` answered, and the daemon's exit status after SIGTERM.
    @discardableResult
    func withDaemon<Result: Sendable>(
        arguments: [String] = [], environment: [String: String] = [:],
        _ body: (RunningDaemon) async throws -> Result
    ) async throws -> (Result, status: Int32) {
        let log = try scratch.write("log-\(UInt32.random(in: 0 ... .max))", "")
        let errors = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
        return try await Command.whileRunning(
            Programs.folder.appending("secretaryd").string,
            ["--config", scratch["secretaryd.yml"].string] + arguments,
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: scratch.path, error: errors
        ) { pid in
            defer { kill(pid, SIGTERM) }
            return try await body(RunningDaemon(pid: pid, port: try await port(of: pid, log), log: log))
        }
    }

    private func port(of pid: Int32, _ log: FilePath) async throws -> Int {
        var port: Int?
        try await eventually("the daemon listens") {
            let text = String(decoding: try Scratch.read(log), as: UTF8.self)
            guard kill(pid, 0) == 0 else { throw CommandFailure(description: "the daemon ended: \(text)") }
            let line = text.split(separator: "\n").first { $0.contains("listening at") }
            port = line?.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
            return port != nil
        }
        return try #require(port)
    }
}

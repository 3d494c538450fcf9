import Foundation
import SecretaryCore
import SecretaryRemote
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import secretaryd

/// `fake_orchestrator.py` while it runs: what it answers is set, and what it was asked is read, by HTTP.
final class FakeOrchestrator: Sendable {
    let url: String
    private let port: Int

    /// Runs `count` of them while `body` does.
    static func run<Result: Sendable>(
        _ count: Int = 1, _ body: @escaping @Sendable ([FakeOrchestrator]) async throws -> Result
    ) async throws -> Result {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Programs/fake_orchestrator.py").path
        let pipe = try TestSupport.Pipe()
        let python = ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"] ?? "/usr/bin/python3"
        return try await Command.whileRunning(
            python, [script, String(count)], environment: ["PATH": "/usr/bin:/bin"], output: pipe.writer
        ) { pid in
            defer { kill(pid, SIGKILL) }
            // Ports in six characters each.
            let line = try await onThread { try pipe.read(6 * count) }
            let ports = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
            return try await body(ports.map(FakeOrchestrator.init))
        }.0
    }

    private init(port: Int) {
        self.port = port
        url = "http://127.0.0.1:\(port)"
    }

    /// What is answered to a path from now on: a body, or the name of a misbehaviour.
    func answer(_ path: String, with body: String, status: Int = 200, behaviour: String = "") async throws {
        try await control(
            "/answers?path=\(escape(path))&status=\(status)&behaviour=\(behaviour)", body: Array(body.utf8))
    }

    /// Paths that were asked for, in order.
    var requests: [String] {
        get async throws {
            try await control("/requests").split(separator: "\n").map(String.init)
        }
    }

    @discardableResult
    private func control(_ path: String, body: [UInt8]? = nil) async throws -> String {
        let url = "http://127.0.0.1:\(port)/control\(path)"
        return try await onThread {
            let response = try HTTPClient().send(
                HTTPRequest(body == nil ? .get : .post, url: url, body: body, limit: 1 << 20), timeout: .seconds(120))
            return unsafe response.body.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    private func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

extension FakeOrchestrator {
    static let version = "2026-11-22T01:02:03.004Z"

    /// Answers as Marathon does, for an app with one task.
    func run(
        _ app: String, tasks: [(id: String, version: String, state: String)] = [("web.1", version, "TASK_RUNNING")],
        version: String = version, environment: String
    ) async throws {
        let list = tasks.map { #"{"id":"\#($0.id)","version":"\#($0.version)","state":"\#($0.state)"}"# }
        try await answer(
            "/v2/apps\(app)?embed=apps.tasks",
            with:
                #"{"app":{"id":"\#(app)","version":"\#(version)","env":{},"tasks":[\#(list.joined(separator: ","))]}}"#)
        try await answer(
            "/v2/apps\(app)/versions/\(URLPath.escaped(version))",
            with: #"{"id":"\#(app)","version":"\#(version)","env":\#(environment)}"#)
    }
}

/// Runs what waits for another process on a thread of its own: Swift's few threads for tasks must not wait.
private func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

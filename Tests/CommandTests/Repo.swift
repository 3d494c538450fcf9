import SystemPackage
import TestSupport

/// A folder with keys, and the program run in it with a small, known environment.
final class Repo: Sendable {
    let scratch: Scratch

    var path: FilePath { scratch.path }

    /// A folder with `keys/`, a master and a config pair.
    init(_ name: String = "command", keys: Bool = true) async throws {
        scratch = try Scratch(name)
        if keys { try await check(["genkeys"]) }
    }

    static let basicEnvironment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"]

    /// Runs `secretaryctl` in the folder.
    func run(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]) async throws
        -> CommandResult
    {
        try await Command.run(
            Programs.secretaryctl, arguments, input: input,
            environment: Repo.basicEnvironment.merging(environment) { $1 }, directory: path)
    }

    /// Runs `secretaryctl`, which has to succeed, and answers its output.
    @discardableResult
    func check(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]) async throws -> [UInt8]
    {
        try await Command.check(
            Programs.secretaryctl, arguments, input: input,
            environment: Repo.basicEnvironment.merging(environment) { $1 }, directory: path)
    }

    /// An envelope of `plaintext`.
    func envelope(_ plaintext: some Sequence<UInt8>, _ arguments: [String] = []) async throws -> String {
        String(decoding: try await check(["encrypt"] + arguments, input: Array(plaintext)), as: UTF8.self)
    }

    /// An envelope of `plaintext`.
    func envelope(_ plaintext: String, _ arguments: [String] = []) async throws -> String {
        try await envelope(plaintext.utf8, arguments)
    }
}

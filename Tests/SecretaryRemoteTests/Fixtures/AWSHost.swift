import SecretaryRemote
import SystemPackage
import TestSupport

/// A host with `secretaryctl`, and `Programs/aws.py` in the place of all of AWS.
struct AWSHost: Sendable {
    let server: PythonServer
    let scratch: Scratch

    static func run<Result: Sendable>(
        serving environment: [String: String] = [:], _ body: (AWSHost) async throws -> Result
    ) async throws -> Result {
        let scratch = try Scratch("aws")
        return try await PythonServer.run(WebServer.programs.appending("aws.py"), environment: environment) { server in
            try await body(AWSHost(server: server, scratch: scratch))
        }
    }

    /// What all programs find: services, and no credentials.
    var basicEnvironment: [String: String] {
        [
            "PATH": "/usr/bin:/bin", "HOME": scratch.path.string, "AWS_ENDPOINT_URL": server.url,
            "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1",
        ]
    }

    func encrypt(
        _ environment: [String: String] = [:], key: String = "alias/x", _ arguments: [String] = [], without: String = ""
    ) async throws -> CommandResult {
        var all = basicEnvironment.merging(environment) { $1 }
        all[without] = nil
        return try await Command.run(
            Programs.secretaryctl, ["encrypt", "--kms-key-id", key] + arguments, input: Array("hunter2".utf8),
            environment: all, directory: scratch.path)
    }

    func decrypt(_ envelope: [UInt8], _ environment: [String: String]) async throws -> CommandResult {
        try await Command.run(
            Programs.secretaryctl, ["decrypt"], input: envelope,
            environment: basicEnvironment.merging(environment) { $1 }, directory: scratch.path)
    }

    /// What AWS was asked, a line each.
    func log() throws -> [String] {
        let response = try HTTPClient().send(HTTPRequest(url: server.url + "/log"))
        return String(decoding: response.array, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    static let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env+secret/key"]
}

import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// A config repo, `secretaryctl credentials --swarm` for it, and the plugin that asks there; no Docker.
struct SecretSetup {
    let repo: DockerRepo
    let pluginProcess: Int32
    let credentialsProcess: Int32

    /// Starts both, lends them, and ends them.
    static func with(_ repo: DockerRepo, _ body: (SecretSetup) async throws -> Void) async throws {
        let scratch = repo.scratch
        let credentials = [
            "credentials", "--swarm", "--listen", scratch["credentials.sock"].string, "--audit-file",
            scratch["audit.log"].string, scratch["repo"].string,
        ]
        let plugin = [
            "--socket", scratch["plugin.sock"].string, "--state-dir", scratch["state"].string, "--mount-root",
            scratch["mnt"].string, "--external-mount", "--credentials", scratch["credentials.sock"].string,
        ]
        try await running(repo, "secretaryctl", credentials, until: "credentials.sock") { credentialsProcess in
            try await running(repo, "secretary-docker-plugin", plugin, until: "plugin.sock") { pluginProcess in
                try await body(
                    SecretSetup(repo: repo, pluginProcess: pluginProcess, credentialsProcess: credentialsProcess))
            }
        }
    }

    /// - Parameter socket: what is there when the program can be asked.
    private static func running(
        _ repo: DockerRepo, _ program: String, _ arguments: [String], until socket: String,
        _ body: (Int32) async throws -> Void
    ) async throws {
        let errors = try FileDescriptor.open(
            repo.log(program), .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
        try await Command.whileRunning(
            Programs.folder.appending(program).string, arguments, environment: ["PATH": "/usr/bin:/bin"], error: errors
        ) { pid in
            defer { kill(pid, SIGTERM) }
            try await eventually("\(program) listens") {
                guard kill(pid, 0) == 0 else { throw CommandFailure(description: try repo.messages(program)) }
                return unsafe access(repo.scratch[socket].string, F_OK) == 0
            }
            try await body(pid)
        }
    }

    /// A repo with keys, and a secret for `/prod/web` in `web.yml`.
    static func makeRepo(password: String = "hunter2hunter2") throws -> DockerRepo {
        let repo = try DockerRepo()
        try repo.write(
            ".secretary.yaml",
            """
            version: 1
            format: hpke
            keys: { master: keys/master-private-key.pem, config: keys/config-public-key.pem }
            views:
              web: { source: web.yml, select: database, app: /prod/web }
              open: { source: web.yml, select: database }
              closed: { source: web.yml, select: database, readers: [{ deny: { cgroup: "/**" } }] }

            """)
        try repo.write("web.yml", "database:\n  password: \(try repo.seal(password, scope: "/prod/web"))\n")
        return repo
    }

    /// What a swarm asks.
    static func request(
        _ labels: [String: String], service: String = "shop_web", app: String? = "/prod/web"
    ) -> String {
        func object(_ members: [String: String]) -> JSONText {
            .object(members.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        }
        let secret = labels.map { ("secretary.\($0.key)", $0.value) } + [("com.docker.stack.namespace", "shop")]
        let members: [(String, JSONText)] = [
            ("SecretName", .string("db-password")),
            ("SecretLabels", object(Dictionary(uniqueKeysWithValues: secret))), ("ServiceHostname", .string("host")),
            ("ServiceID", .string("service1")), ("ServiceName", .string(service)),
            ("ServiceLabels", app.map { object(["secretary.app": $0]) } ?? .null), ("TaskID", .string("task1")),
            ("TaskName", .string("\(service).1.task1")), ("TaskImage", .string("busybox")),
            ("NodeID", .string("node1")), ("ServiceEndpointSpec", .object([("Mode", .number(1))])),
        ]
        return JSONText.object(members).line
    }

    func get(_ body: String) async throws -> (text: String, status: String) {
        try await curl("/SecretProvider.GetSecret", ["--data", "@\(try repo.scratch.write("body", body))"])
    }

    func curl(_ path: String, _ options: [String] = []) async throws -> (text: String, status: String) {
        let result = try await Command.run(
            "curl",
            ["-s", "--max-time", "120", "-w", "%{http_code}", "--unix-socket", repo.scratch["plugin.sock"].string]
                + options + ["http://plugin\(path)"])
        return (String(result.text.dropLast(3)), String(result.text.suffix(3)))
    }

    func metrics() async throws -> [String] {
        try await curl("/metrics").text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    func records() throws -> [String] {
        try repo.scratch.readText("audit.log").split(separator: "\n").map(String.init)
    }

    static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}

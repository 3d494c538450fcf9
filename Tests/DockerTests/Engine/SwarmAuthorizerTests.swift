import SecretaryCore
import TestSupport
import Testing

@Suite(
    "Docker: the daemon knows a swarm's tasks", .enabled(if: DockerMachine.canRun, "needs root and Docker"),
    .timeLimit(.minutes(15)))
struct SwarmAuthorizerTests {
    @Test("a running task gets what is sealed for its app; one that has ended, or has other keys or names, does not")
    func tasks() async throws {
        try await DockerMachine.with { machine in
            let (first, second) = (try PrivateKey.generate(), try PrivateKey.generate())
            try KeyFiles.write([("first", first), ("second", second)], in: machine.repo.scratch["repo/keys"])
            try await machine.startEngine()
            try await machine.makeImage()
            try await machine.startSwarm()
            try await machine.startDaemon("swarm: {unscoped: deny, cache: 0s, deadline: 30s}")
            let secret = try machine.repo.seal("hunter2", scope: "/prod/shop/web")

            try await machine.docker(
                "service", "create", "--detach", "--name", "shop_web", "--network", "host", "--label",
                "secretary.app=/prod/shop/web", "--env", "DEPLOY_PUBLIC_KEY=\(first.publicKey.base64)", "--env",
                "PASSWORD=\(secret)", "busybox", "sleep", "1000")
            let old = try await machine.runningTask(of: "shop_web", after: nil)
            let granted = try await machine.decrypt(secret, as: old, key: "first")
            #expect(granted.text == "hunter2", "\(granted.errors)")
            let stranger = try await machine.decrypt(secret, as: old, key: "second")
            #expect(stranger.status != 0 && stranger.text == "")
            for other in [
                SwarmTask(app: "/prod/shop", service: old.service, id: old.id),
                SwarmTask(app: old.app, service: old.service, id: "nobody"),
                SwarmTask(app: old.app, service: old.id, id: old.id),
            ] {
                #expect(try await machine.decrypt(secret, as: other, key: "first").status == 77, "\(other)")
            }

            // A new version with other keys: its task is another, and the old one gets nothing more.
            try await machine.docker(
                "service", "update", "--detach", "--env-add", "DEPLOY_PUBLIC_KEY=\(second.publicKey.base64)", "shop_web"
            )
            let new = try await machine.runningTask(of: "shop_web", after: old)
            let updated = try await machine.decrypt(secret, as: new, key: "second")
            #expect(updated.text == "hunter2", "\(updated.errors)")
            #expect(try await machine.decrypt(secret, as: old, key: "first").status == 77)

            try await machine.docker("service", "rm", "shop_web")
            try await eventually("the task is known to have ended") {
                try await machine.decrypt(secret, as: new, key: "second").status == 77
            }
            let audit = try await machine.shell("cat /run/audit.log")
            #expect(audit.contains(#""rule":"swarm: scope /prod/shop/web""#) && !audit.contains("hunter2"))
        }
    }
}

/// A task as it claims to be.
struct SwarmTask {
    let app: String
    let service: String
    let id: String
}

extension DockerMachine {
    static let daemonSocket = "/run/secretaryd.sock"

    /// Starts secretaryd and waits until it listens, at 127.0.0.1:5070 and at a socket.
    func startDaemon(_ authorizer: String) async throws {
        try repo.write(
            "secretaryd.yml",
            """
            version: 1
            listen: ["127.0.0.1:5070", "unix:\(Self.daemonSocket)"]
            keys: {master: keys/master-private-key.pem, config: keys/config-public-key.pem}
            authorizer: {\(authorizer)}
            audit: {file: /run/audit.log}
            """)
        let process = try await start("secretaryd", ["secretaryd", "--config", "/etc/secretary/secretaryd.yml"])
        try await eventually("the daemon listens") {
            guard try await isRunning(process) else {
                throw CommandFailure(description: "the daemon ended: \(try repo.messages("secretaryd"))")
            }
            return try repo.messages("secretaryd").contains("listening at")
        }
    }

    /// Waits until another task than `last` runs.
    func runningTask(of service: String, after last: SwarmTask?) async throws -> SwarmTask {
        let id = try await docker("service", "inspect", "--format", "{{.ID}}", service)
        var task = ""
        try await eventually("a task of \(service) runs", within: .seconds(120)) {
            let lines = try await docker(
                "service", "ps", "--no-trunc", "--filter", "desired-state=running", "--format",
                "{{.ID}} {{.CurrentState}} {{.Error}}", service)
            let running = lines.split(separator: "\n").first { $0.contains(" Running ") }
            task = running.map { String($0.prefix { $0 != " " }) } ?? ""
            return !task.isEmpty && task != last?.id
        }
        return SwarmTask(app: "/prod/shop/web", service: id, id: task)
    }

    /// What a container would ask by `secretaryctl`.
    func decrypt(_ envelope: String, as task: SwarmTask, key: String) async throws -> CommandResult {
        let script = #"envelope=$1; shift; printf %s "$envelope" | secretaryctl decrypt -s http://127.0.0.1:5070 "$@""#
        return try await run(
            "sh",
            [
                "-c", script, "sh", envelope, "--deploy-key", "/etc/secretary/keys/\(key)-private-key.pem",
                "--master-key", "/etc/secretary/keys/master-public-key.pem", "--app-id", task.app, "--app-version",
                task.service, "--task-id", task.id,
            ])
    }
}

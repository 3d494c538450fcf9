import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("The plugin as a program")
struct PluginProgramTests {
    /// Runs the plugin without a mount, and `body` beside it.
    /// - Returns: its exit status after SIGTERM.
    private func running(
        _ scratch: Scratch, _ arguments: [String] = [], _ body: (Int32) async throws -> Void
    ) async throws -> Int32 {
        let log = try scratch.write("log", "")
        let errors = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
        return try await Command.whileRunning(
            Programs.folder.appending("secretary-docker-plugin").string,
            [
                "--socket", scratch["plugins/secretary.sock"].string, "--state-dir", scratch["state"].string,
                "--mount-root", scratch["mnt"].string, "--external-mount",
            ] + arguments, environment: ["PATH": "/usr/bin:/bin"], error: errors
        ) { pid in
            defer { kill(pid, SIGTERM) }
            try await eventually("the plugin listens") {
                let text = try scratch.readText("log")
                guard kill(pid, 0) == 0 else { throw CommandFailure(description: "the plugin ended: \(text)") }
                return text.contains("listening at")
            }
            try await body(pid)
        }.status
    }

    /// What curl shows: status, type and body.
    private func ask(_ scratch: Scratch, _ path: String, _ options: [String] = ["--data", "{}"]) async throws -> String
    {
        let result = try await Command.run(
            "curl",
            ["-s", "--max-time", "120", "-w", "%{http_code} %{content_type}", "--unix-socket"]
                + [scratch["plugins/secretary.sock"].string] + options + ["http://plugin\(path)"])
        return result.text
    }

    private let json = "application/vnd.docker.plugins.v1.1+json"

    @Test("speaks HTTP on its socket, by POST, and ends in order")
    func serves() async throws {
        let scratch = try Scratch("plugin")
        let status = try await running(scratch) { _ in
            // As Docker's client asks.
            let activation = try await ask(
                scratch, "/Plugin.Activate",
                ["-X", "POST", "-H", "Accept: application/vnd.docker.plugins.v1+json", "-H", "Content-Length: 0"])
            #expect(activation == "{\"Implements\":[\"VolumeDriver\"]}\n200 \(json)")
            #expect(try await ask(scratch, "/VolumeDriver.List") == "{\"Volumes\":[],\"Err\":\"\"}\n200 \(json)")
            #expect(try await ask(scratch, "/VolumeDriver.List", []).hasSuffix("405 \(json)"))
            #expect(try await ask(scratch, "/VolumeDriver.Snapshot").hasSuffix("404 \(json)"))
            let secret = try await ask(scratch, "/SecretProvider.GetSecret")
            #expect(secret.contains("--credentials SOCKET") && secret.hasSuffix("404 \(json)"))
            #expect(try await ask(scratch, "/metrics").hasSuffix("405 \(json)"))
            let metrics = try await ask(scratch, "/metrics", [])
            #expect(metrics.contains("# TYPE secretary_docker_secrets_total counter\n"))
            #expect(metrics.hasSuffix("200 text/plain; version=0.0.4; charset=utf-8"))
            let large = try scratch.write("large", String(repeating: "x", count: 3 << 20))
            #expect(try await ask(scratch, "/VolumeDriver.Create", ["--data", "@\(large)"]).hasSuffix("400 \(json)"))
            #expect(try await ask(scratch, "/VolumeDriver.List") == "{\"Volumes\":[],\"Err\":\"\"}\n200 \(json)")
        }
        #expect(status == 0)
    }

    @Test("only root can connect; killed, it is back with all volumes; a second one does not take the socket away")
    func restarts() async throws {
        let scratch = try Scratch("plugin")
        let create = ["--data", #"{"Name":"web","Opts":{"source":"web.yml"}}"#]
        _ = try await running(scratch) { pid in
            #expect(try await ask(scratch, "/VolumeDriver.Create", create).hasSuffix("200 \(json)"))
            var status = stat()
            #expect(unsafe lstat(scratch["plugins/secretary.sock"].string, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let other = try await Command.run(
                Programs.folder.appending("secretary-docker-plugin").string,
                ["--socket", scratch["plugins/secretary.sock"].string, "--state-dir", scratch["other"].string])
            #expect(other.status == 69)
            #expect(other.errors.contains("another program listens at \(scratch["plugins/secretary.sock"])"))
            kill(pid, SIGKILL)
        }
        _ = try await running(scratch) { _ in
            let answer = try await ask(scratch, "/VolumeDriver.Get", ["--data", #"{"Name":"web"}"#])
            #expect(answer.contains("web.yml"))
        }
    }

    @Test("listens at the socket that systemd hands over")
    func activation() async throws {
        let scratch = try Scratch("plugin")
        let socket = scratch["handed.sock"].string
        let result = try await Command.run(
            "python3",
            [
                "-c",
                """
                import json, os, socket, subprocess, sys
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(sys.argv[2])
                listener.listen()
                os.dup2(listener.fileno(), 3)
                environment = {"PATH": "/usr/bin", "LISTEN_FDS": "1"}
                script = 'LISTEN_PID=$$ exec "$0" "$@"'
                plugin = subprocess.Popen(["sh", "-c", script] + [sys.argv[1]] + sys.argv[3:], env=environment, pass_fds=[3])
                client = socket.socket(socket.AF_UNIX)
                client.settimeout(60)
                client.connect(sys.argv[2])
                client.sendall(b"POST /Plugin.Activate HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n")
                print(client.recv(4096).decode().splitlines()[0])
                plugin.terminate()
                print(plugin.wait())
                """, Programs.folder.appending("secretary-docker-plugin").string, socket,
                "--state-dir", scratch["state"].string, "--mount-root", scratch["mnt"].string, "--external-mount",
            ])
        #expect(result.text == "HTTP/1.1 200 OK\n0\n", "\(result.errors)")
    }

    @Test("every option of it, and of volumes, is described in Documentation/docker.md")
    func documentation() async throws {
        let page = String(
            decoding: try Scratch.read(DockerMachine.project.appending("Documentation/docker.md")), as: UTF8.self)
        let help = try await Command.run(Programs.folder.appending("secretary-docker-plugin").string, ["--help"]).text
        let options = help.matches(of: /--[a-z][a-z-]+/).map { String($0.output) }
        #expect(options.count > 7)
        for option in Set(options).subtracting(["--driver", "--help", "--version", "--audit-file", "--swarm"]) {
            #expect(page.contains("`\(option)"), "\(option)")
        }
        for option in VolumeOption.allCases { #expect(page.contains("`\(option.rawValue)`"), "\(option)") }
    }

    @Test("paths have to be absolute, and options of the mount need a mount")
    func usage() async throws {
        let program = Programs.folder.appending("secretary-docker-plugin").string
        for arguments in [
            ["--socket", "s.sock"], ["--keys", "keys"], ["--external-mount", "--", "--audit-syslog"],
            ["--credentials", "credentials.sock"],
        ] {
            #expect(try await Command.run(program, arguments).status == 64, "\(arguments)")
        }
    }
}

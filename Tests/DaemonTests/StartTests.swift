import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: how it begins, and what it shows")
struct StartTests {
    private static let program = Programs.folder.appending("secretaryd").string

    private func run(_ setup: DaemonSetup, _ arguments: [String], environment: [String: String] = [:]) async throws
        -> CommandResult
    {
        try await Command.run(Self.program, arguments, environment: environment, directory: setup.scratch.path)
    }

    @Test("--check accepts a configuration that is right, and listens nowhere")
    func check() async throws {
        let setup = try DaemonSetup()
        let result = try await run(setup, ["--config", "secretaryd.yml", "--check"])
        #expect(result.status == 0 && result.output.isEmpty && result.errorOutput.isEmpty)
    }

    @Test(
        "a mistake in the configuration is told with its place",
        arguments: [
            ("version: 2", "secretaryd.yml:1:10: version: \"2\" is no number from 1 to 1"),
            ("version: 1\nlisten: nowhere", "secretaryd.yml:2:9: listen: \"nowhere\" is no address to listen at"),
            ("version: 1\nlimit: {}", "secretaryd.yml:2:1: unknown key \"limit\""),
            ("version: 1\nlimits:\n  rates: 3", "secretaryd.yml:3:3: unknown key \"rates\" in limits"),
            ("version: 1\nlimits: {body: 10}", "secretaryd.yml:2:16: limits.body: \"10\" is no time"),
            ("version: 1\naudit: {fsync: group}", "secretaryd.yml:2:9: audit.fsync is group, which only mounts have"),
            ("version: 1\ntls: {certificate: a}", "secretaryd.yml:2:1: tls has no key"),
            ("version: 1\nauthorizer: {}", "authorizer has to name one of policy, marathon, swarm"),
            ("version: 1", "nobody is named who knows which tasks there are"),
        ])
    func mistakes(_ text: String, _ message: String) async throws {
        let setup = try DaemonSetup()
        try setup.scratch.write("secretaryd.yml", text)
        let result = try await run(setup, ["--config", "secretaryd.yml", "--check"])
        #expect(result.status == SecretaryError.Code.configuration.rawValue)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test("without TLS it listens on this machine only, unless it is told otherwise")
    func plainHTTP() async throws {
        let setup = try DaemonSetup()
        let result = try await run(setup, ["--config", "secretaryd.yml", "--ip", "0.0.0.0", "--port", "0"])
        #expect(result.status == SecretaryError.Code.configuration.rawValue)
        #expect(result.errors.contains("there is no TLS") && result.errors.contains("hint: "))
    }

    @Test("an address that is taken, and a key that others can read, are told")
    func refused() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            let taken = try await run(setup, ["--config", "secretaryd.yml", "--port", "\(daemon.port)"])
            #expect(taken.status == SecretaryError.Code.unavailable.rawValue)
            #expect(taken.errors.contains("another program listens there"))
        }
        unsafe chmod(setup.scratch["master-private-key.pem"].string, 0o644)
        let readable = try await run(setup, ["--config", "secretaryd.yml", "--check"])
        #expect(readable.status == SecretaryError.Code.denied.rawValue)
    }

    @Test("the original's command line and variables are understood, and 'secretaryctl daemon' is the same program")
    func original() async throws {
        let setup = try DaemonSetup()
        let environment = [
            "MARATHON_URL": "http://localhost:8080", "CONFIG_PUBLIC_KEY": "config-public-key.pem",
            "MASTER_PRIVATE_KEY": try setup.scratch.readText("master-private-key.pem"),
        ]
        let variables = try await run(setup, ["-i", "127.0.0.1", "-p", "0", "--check"], environment: environment)
        #expect(variables.status == 0, "\(variables.errors)")
        let options = [
            "--marathon-url", "http://localhost:8080", "--config-key", "config-public-key.pem", "--master-key",
            "master-private-key.pem", "--ip", "127.0.0.1", "--port", "0", "--check",
        ]
        #expect(try await run(setup, options).status == 0)
        let through = try await Command.run(
            Programs.secretaryctl, ["daemon"] + options, environment: [:], directory: setup.scratch.path)
        #expect(through.status == 0, "\(through.errors)")
        let wrong = try await Command.run(
            Programs.secretaryctl, ["daemon", "--config", "missing.yml"], environment: [:],
            directory: setup.scratch.path)
        #expect(wrong.status == SecretaryError.Code.noInput.rawValue && wrong.errors.hasPrefix("secretaryd: "))
    }

    @Test("metrics are in Prometheus' format, each name explained once")
    func metrics() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            let lines = try await daemon.get("/metrics").body.split(separator: "\n")
            let explained = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
            #expect(Set(explained).count == explained.count)
            for line in lines where !line.hasPrefix("#") {
                let match = line.wholeMatch(of: /([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+]+/)
                #expect(match != nil, "\(line)")
                let name = String(match?.1 ?? "")
                let family = ["_bucket", "_sum", "_count"].reduce(name) { name, suffix in
                    name.hasPrefix("secretaryd_request_seconds") && name.hasSuffix(suffix)
                        ? String(name.dropLast(suffix.count)) : name
                }
                #expect(explained.contains { $0 == family }, "\(line)")
            }
        }
    }

    @Test("nobody can look into its memory, and it can start nothing: no core dumps, not dumpable, a filter")
    func hygiene() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            let status = String(decoding: try Scratch.read(FilePath("/proc/\(daemon.pid)/status")), as: UTF8.self)
            #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
            let limits = String(decoding: try Scratch.read(FilePath("/proc/\(daemon.pid)/limits")), as: UTF8.self)
            #expect(limits.contains(#/Max core file size +0 /#))
            // Files in /proc of a process that is not dumpable are root's.
            var attributes = stat()
            #expect(unsafe stat("/proc/\(daemon.pid)/environ", &attributes) == 0 && attributes.st_uid == 0)
        }
    }

    @Test("a socket of the service manager is taken over, and it is told when the daemon is ready")
    func activation() async throws {
        let setup = try DaemonSetup()
        let script = """
            import os, socket, sys
            listener = socket.create_server(("127.0.0.1", 0))
            notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            notices.bind("notify")
            notices.settimeout(120)
            child = os.fork()
            if child == 0:
                # Also when it is descriptor 3 already, which dup2 would leave as one that is closed by exec.
                os.set_inheritable(listener.fileno(), True)
                if listener.fileno() != 3: os.dup2(listener.fileno(), 3)
                os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", NOTIFY_SOCKET=os.path.abspath("notify"))
                os.execv(sys.argv[1], [sys.argv[1], "--config", "secretaryd.yml"])
            try:
                print(notices.recv(100).decode())
                client = socket.create_connection(listener.getsockname(), timeout=120)
                client.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                print(client.recv(1000).split(b"\\r\\n")[0].decode())
                os.kill(child, 1)
                print(notices.recv(100).decode().split("\\n")[0], notices.recv(100).decode())
                os.kill(child, 15)
                print(notices.recv(100).decode(), os.waitpid(child, 0)[1])
            except BaseException:
                os.kill(child, 9)
                raise
            """
        let result = try await Command.run(
            "python3", ["-c", script, Self.program], environment: ["PATH": "/usr/bin:/bin"],
            directory: setup.scratch.path)
        #expect(result.text == "READY=1\nHTTP/1.1 200 OK\nRELOADING=1 READY=1\nSTOPPING=1 0\n", "\(result.errors)")
    }

    @Test("a socket that was announced and not handed over is an error: nobody would be listened to")
    func missingSocket() async throws {
        let setup = try DaemonSetup()
        let script = """
            export LISTEN_PID=$$ LISTEN_FDS=1
            exec 3<&-
            exec "$0" --config secretaryd.yml
            """
        let result = try await Command.run(
            "timeout", ["120", "sh", "-c", script, Self.program], environment: ["PATH": "/usr/bin:/bin"],
            directory: setup.scratch.path)
        #expect(result.status == 64)
        #expect(result.errors.contains("LISTEN_FDS=1 was given, and descriptor 3 is not open"), "\(result.errors)")
    }
}

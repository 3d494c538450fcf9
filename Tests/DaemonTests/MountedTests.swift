import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

private let canMount = unsafe geteuid() == 0 && access("/dev/fuse", F_OK) == 0

/// A mount whose secrets a daemon opens.
@Suite("Mounts by a daemon", .serialized, .enabled(if: canMount, "needs root and /dev/fuse"))
struct MountedTests {
    private let setup: DaemonSetup
    private let secrets: Scratch

    init() throws {
        setup = try DaemonSetup()
        secrets = try Scratch("mounted")
        let own = try setup.envelope("hunter2", scope: "/prod/shop/web#password")
        let other = try setup.envelope("hunter4", scope: "/prod/shop")
        let foreign = try setup.envelope("hunter3", scope: "/prod/shop/db")
        try secrets.write(
            "app.yml",
            "password: \(String(decoding: own.text, as: UTF8.self))\n"
                + "other: \(String(decoding: other.text, as: UTF8.self))\n"
                + "foreign: \(String(decoding: foreign.text, as: UTF8.self))\n")
        try secrets.makeFolder("mnt")
    }

    private var mountpoint: String { secrets["mnt"].string }

    private func secretaryctl(_ arguments: [String]) async throws -> CommandResult {
        try await Command.run(
            Programs.folder.appending("secretaryctl").string, arguments, environment: ["PATH": "/usr/bin:/bin"],
            directory: secrets.path)
    }

    /// Mounts for the task that may have `password`.
    private func mounted(
        _ daemon: RunningDaemon, _ options: [String] = [], host: String = "127.0.0.1",
        _ body: () async throws -> Void
    ) async throws {
        let keys = setup.scratch
        let result = try await secretaryctl(
            [
                "mount", "--secretary-url", "http://\(host):\(daemon.port)",
                "--deploy-key", keys["deploy-private-key.pem"].string,
                "--service-key", keys["service-private-key.pem"].string,
                "--master-key", keys["master-public-key.pem"].string, "--app", setup.claim.app,
                "--app-version", setup.claim.version, "--task-id", setup.claim.id, "--deadline", "5",
            ] + options + ["app.yml", "mnt"])
        try #require(result.status == 0, "\(result.errors)")
        do {
            try await body()
        } catch {
            _ = try await secretaryctl(["unmount", "mnt"])
            throw error
        }
        #expect(try await secretaryctl(["unmount", "mnt"]).status == 0)
    }

    /// What a program reads, which may be an error.
    private func read(_ name: String) async throws -> String {
        let result = try await Command.run("cat", ["\(mountpoint)/\(name)"])
        return result.status == 0 ? result.text : String(result.errors.split(separator: ":").last?.dropFirst() ?? "")
    }

    private func state(of name: String) async throws -> String {
        try await Command.run(
            "getfattr", ["--only-values", "-n", "user.secretary.state", "\(mountpoint)/\(name)"]
        ).text
    }

    /// A name takes libcurl, which a confined server has to load.
    @Test(
        "a file is what the daemon opens; what the task may not have is denied", arguments: ["127.0.0.1", "localhost"])
    func reads(host: String) async throws {
        try await setup.withDaemon { daemon in
            try await mounted(daemon, host: host) {
                #expect(try await read("password") == "hunter2")
                #expect(try await read("foreign") == "Permission denied\n")
                let status = try await read(".secretary/status")
                #expect(status.contains("\"state\": \"answering\""))
                #expect(try await state(of: "foreign") == "sealed")
            }
        }
    }

    @Test("a volume asks the daemon that its definition names, as the app and with the keys that it names")
    func volumes() async throws {
        try await setup.withDaemon { daemon in
            let options = [
                "source": "app.yml", "url": "http://127.0.0.1:1,http://localhost:\(daemon.port)",
                "deploy-key-file": "deploy-private-key.pem", "service-key-file": "service-private-key.pem",
            ]
            for (name, own) in [
                ("web.1", ["app": setup.claim.app]), ("db", ["app": "/prod/shop/db"]),
                ("unproved", ["app": setup.claim.app, "service-key-file": "master-private-key.pem"]),
            ] {
                let volume = try VolumeDefinition(name: name, options: options.merging(own) { $1 }, created: nil)
                try secrets.write("volumes/\(name).json", volume.json)
            }
            let result = try await secretaryctl([
                "mount", "--volumes", "volumes", "--sources", ".", "--keys", setup.scratch.path.string, "mnt",
            ])
            try #require(result.status == 0, "\(result.errors)")
            #expect(try await read("web.1/password") == "hunter2")
            for refused in ["web.1/foreign", "db/password", "unproved/password"] {
                #expect(try await read(refused) == "Permission denied\n", "\(refused)")
            }
            let status = try await read(".secretary/status")
            #expect(status.contains("\"name\": \"daemon for volume web.1\""))
            #expect(try await secretaryctl(["unmount", "mnt"]).status == 0)
        }
    }

    @Test("while the daemon is gone, what was read before is read on, and other files say that nobody answers")
    func outage() async throws {
        try await setup.withDaemon { daemon in
            try await mounted(daemon, ["--fresh", "0"]) {
                #expect(try await read("password") == "hunter2")
                try daemon.signal(SIGKILL)
                try await eventually("nobody listens") {
                    try await Command.run("curl", ["-s", "http://127.0.0.1:\(daemon.port)/healthz"]).status != 0
                }
                #expect(try await read("password") == "hunter2")
                #expect(try await state(of: "password") == "stale")
                #expect(["Connection timed out\n", "No route to host\n"].contains(try await read("other")))
                let status = try await read(".secretary/status")
                #expect(status.contains("\"state\": \"unreachable\""))
                #expect(status.contains("\"stale\": 1"))
            }
        }
    }

    @Test("a daemon that hangs costs a reader its deadline and not more, and one that has read before nothing for long")
    func hangs() async throws {
        try await setup.withDaemon { daemon in
            try await mounted(daemon, ["--fresh", "0"]) {
                #expect(try await read("password") == "hunter2")
                try daemon.signal(SIGSTOP)
                // By its own clock: other tests may keep this one from going on.
                let script = "began=$EPOCHREALTIME; cat $0; echo; echo $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))"
                let result = try await Command.run("bash", ["-c", script, "\(mountpoint)/password"])
                let lines = result.text.split(separator: "\n")
                #expect(lines.first == "hunter2" && lines.last.flatMap { Int($0) } ?? .max < 9000, "\(lines)")
                #expect(["Connection timed out\n", "No route to host\n"].contains(try await read("other")))
                try daemon.signal(SIGCONT)
                try await eventually("it is asked again") { try await read("other") == "hunter4" }
            }
        }
    }

    @Test("prefetched values are there although nobody has read them before")
    func prefetch() async throws {
        try await setup.withDaemon { daemon in
            try await mounted(daemon, ["--prefetch"]) {
                try await eventually("it is fetched") { try await state(of: "password") == "fresh" }
                try daemon.signal(SIGKILL)
                #expect(try await read("password") == "hunter2")
            }
        }
    }

    @Test("a task that may not have it any more does not get what was kept")
    func revoked() async throws {
        try await setup.withDaemon { daemon in
            try await mounted(daemon, ["--fresh", "0"]) {
                #expect(try await read("password") == "hunter2")
                try setup.scratch.write("policy.yml", "version: 1\nunscoped: deny\ntasks: []\n")
                try daemon.signal(SIGHUP)
                try await eventually("it is denied") { try await read("password") == "Permission denied\n" }
                try daemon.signal(SIGKILL)
                #expect(try await read("password") != "hunter2")
            }
        }
    }
}

import SystemPackage
import TestSupport
import Testing

extension DockerMachine {
    /// Starts the engine and waits until it answers.
    /// - Returns: its process number in the machine.
    @discardableResult
    func startEngine(_ options: String...) async throws -> Int { try await startEngine(options) }

    /// The same.
    func startEngine(_ options: [String]) async throws -> Int {
        // No network but that of the machine, which is none.
        let line =
            ["dockerd", "--bridge=none", "--iptables=false", "--cgroup-parent=/\(repo.controlGroup)"]
            + ["--log-level=warn"] + options
        let process = try await start("dockerd", line)
        try await eventually("the engine answers") {
            guard try await isRunning(process) else {
                throw CommandFailure(description: "dockerd ended: \(try repo.messages("dockerd"))")
            }
            return try await run("docker", ["info"]).status == 0
        }
        return process
    }

    /// Makes the engine a swarm of one node.
    func startSwarm() async throws {
        try await docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
    }

    /// Makes the image `busybox`: one program, without a library, and a file at `/share/file`.
    func makeImage() async throws {
        try await shell(
            """
            mkdir -p /run/image/bin /run/image/tmp /run/image/share
            chmod 1777 /run/image/tmp
            echo plain >/run/image/share/file
            cp "$(command -v busybox)" /run/image/bin/
            for name in $(busybox --list | grep -vx busybox); do ln -sf busybox "/run/image/bin/$name"; done
            tar -C /run/image -c . | docker import - busybox
            """)
    }

    /// Starts the plugin and waits until it listens.
    /// - Returns: its process number in the machine.
    @discardableResult
    func startPlugin(_ arguments: String...) async throws -> Int {
        let before = (try? repo.messages("plugin"))?.count ?? 0
        let process = try await start("plugin", ["secretary-docker-plugin"] + arguments)
        try await eventually("the plugin listens") {
            guard try await isRunning(process) else {
                throw CommandFailure(description: "the plugin ended: \(try repo.messages("plugin"))")
            }
            return try repo.messages("plugin").dropFirst(before).contains("listening at")
        }
        return process
    }

    /// Starts both, for tests that want nothing else.
    static func withVolumes(_ body: (DockerMachine) async throws -> Void) async throws {
        try await with { machine in
            try await machine.startPlugin()
            try await machine.startEngine()
            try await machine.makeImage()
            try await body(machine)
        }
    }

    static let mountRoot = "/run/secretary/volumes"

    /// The number in a line of `.secretary/status` of the mount.
    func status(_ name: String) async throws -> Int {
        let text = try await check("cat", ["\(Self.mountRoot)/.secretary/status"])
        let line = text.split(separator: "\n").first { $0.hasPrefix("  \"\(name)\": ") }
        return try #require(
            line.flatMap { Int($0.dropFirst(name.count + 6).filter { $0.isNumber }) }, "no \(name) in \(text)")
    }
}

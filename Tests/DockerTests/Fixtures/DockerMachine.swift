import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// A machine with a Docker engine and the plugin, in namespaces of its own (`Programs/docker-machine.sh`).
///
/// Docker looks for plugins at one place of a machine, and for much else: tests must not meet another engine there.
struct DockerMachine: Sendable {
    /// Its `/etc/secretary`, and what else it shares with the tests.
    let repo: DockerRepo
    private let process: pid_t

    static let canRun =
        unsafe geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0 && access("/usr/sbin/dockerd", X_OK) == 0

    /// Starts a machine, lends it, and ends it with everything in it.
    static func with(_ body: (DockerMachine) async throws -> Void) async throws {
        let repo = try DockerRepo()
        do {
            try await run(repo, body)
        } catch {
            try? await removeControlGroups(of: repo)
            throw error
        }
        try await removeControlGroups(of: repo)
    }

    private static func run(_ repo: DockerRepo, _ body: (DockerMachine) async throws -> Void) async throws {
        let script = DockerMachine.programs.appending("docker-machine.sh").string
        let folder = repo.scratch.path
        let errors = try FileDescriptor.open(
            repo.log("machine"), .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
        try await Command.whileRunning(
            "/usr/bin/unshare",
            ["--pid", "--fork", "--kill-child", "--mount", "--propagation", "unchanged", "--ipc", "--uts", "--net"]
                + ["sh", script, folder.string],
            environment: ["PATH": path(in: repo)], error: errors
        ) { starter in
            // This ends process 1, too, and so all of them.
            defer { kill(starter, SIGKILL) }
            var process: pid_t?
            try await eventually("the machine is there") {
                guard kill(starter, 0) == 0 else { throw CommandFailure(description: try repo.messages("machine")) }
                process = (try? repo.scratch.readText("pid")).flatMap { pid_t($0.dropLast()) }
                return process != nil
            }
            let machine = DockerMachine(repo: repo, process: try #require(process))
            do {
                try await body(machine)
            } catch {
                throw CommandFailure(description: "\(error)\n\(try repo.allMessages())")
            }
        }
    }

    static let project = programs.removingLastComponent().removingLastComponent().removingLastComponent()
    private static let programs = FilePath(#filePath).removingLastComponent().removingLastComponent().appending(
        "Programs")

    private static func path(in repo: DockerRepo) -> String {
        "\(repo.scratch["bin"]):/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// Groups are the kernel's, not the machine's: what an engine that was killed has left would stay.
    private static func removeControlGroups(of repo: DockerRepo) async throws {
        try await eventually("the machine's control groups are gone") {
            let places = "find /sys/fs/cgroup -depth -type d -path '*/\(repo.controlGroup)*'"
            try await Command.check("sh", ["-c", "\(places) -exec rmdir {} + 2>/dev/null || :"])
            return try await Command.check("sh", ["-c", places]).isEmpty
        }
    }

    // MARK: What runs in it

    /// What is put before a command so that it runs in the machine.
    var entrance: [String] {
        ["nsenter", "--target", "\(process)", "--mount", "--pid", "--ipc", "--uts", "--net", "--wd=/", "--"]
    }

    /// A path of the machine as it is found from here.
    subscript(path: String) -> FilePath { FilePath("/proc/\(process)/root\(path)") }

    /// Runs a command in the machine to its end.
    @discardableResult
    func run(_ program: String, _ arguments: [String] = []) async throws -> CommandResult {
        let line = ["timeout", "--kill-after=5", "120", program] + arguments
        return try await Command.run(
            entrance[0], entrance.dropFirst() + line,
            environment: ["PATH": Self.path(in: repo), "HOME": "/root", "LC_ALL": "C.UTF-8"])
    }

    /// Runs a command that has to succeed, and answers what it said, without line ends at its end.
    @discardableResult
    func check(_ program: String, _ arguments: [String] = []) async throws -> String {
        let result = try await run(program, arguments)
        guard result.status == 0 else {
            throw CommandFailure(description: "\(program) \(arguments) exited \(result.status): \(result.errors)")
        }
        var text = result.text
        while text.last == "\n" { text.removeLast() }
        return text
    }

    /// `docker`, which has to succeed.
    @discardableResult
    func docker(_ arguments: String...) async throws -> String { try await check("docker", arguments) }

    /// A script that has to succeed.
    @discardableResult
    func shell(_ script: String, _ arguments: String...) async throws -> String {
        try await check("sh", ["-euc", script, "sh"] + arguments)
    }

    /// Starts a program that goes on.
    /// - Parameter name: of its log.
    /// - Returns: its process number in the machine.
    func start(_ name: String, _ line: [String]) async throws -> Int {
        let script = #"log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & echo $!"#
        let number = try await check("sh", ["-c", script, "sh", repo.log(name).string] + line)
        return try #require(Int(number))
    }

    func signal(_ process: Int, _ signal: String) async throws {
        try await check("kill", ["-\(signal)", "\(process)"])
    }

    func isRunning(_ process: Int) async throws -> Bool {
        // What is dead and not yet waited for runs no more.
        let state = try await run("sh", ["-c", "grep '^State:' /proc/\(process)/status"]).text
        return !state.isEmpty && !state.contains("Z")
    }

    /// Ends a program and waits until it has ended.
    func end(_ process: Int, _ signal: String = "TERM") async throws {
        try await self.signal(process, signal)
        try await eventually("process \(process) ends") { try await !isRunning(process) }
    }
}

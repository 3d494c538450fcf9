import Glibc
import SystemPackage
import TestSupport

/// A systemd with namespaces of its own, as process 1 of a machine where the repo is at `/etc/secretary` and this project's
/// units are installed (`Programs/systemd-machine.sh`).
struct SystemdMachine: Sendable {
    private let repo: TestRepo
    /// Process 1, as it is known here.
    private let process: pid_t

    static let canRun: Bool = {
        guard let groups = ControlGroups.hierarchy() else { return false }
        return unsafe access(groups.string, W_OK) == 0 && access("/lib/systemd/systemd", X_OK) == 0
    }()

    /// Starts a machine, lends it, and ends it: every process in it ends with process 1.
    static func with(_ repo: TestRepo, _ body: (SystemdMachine) async throws -> Void) async throws {
        try await makeUnits(of: repo)
        try await ControlGroups.with { groups in
            let script = try await PublicPrograms.shared().folder.appending("systemd-machine.sh").string
            let line =
                ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "unchanged"]
                + ["--ipc", "--uts", "--net", "sh", script, repo.place.string, groups.folder.string]
            let variables = try await repo.environment().map { "\($0.key)=\($0.value)" }
            let output = repo.output.appending("machine")
            let starter = try Child(line, output: output, environment: variables)
            // This ends process 1, too.
            defer { try? starter.signal(SIGKILL) }
            let first = groups.folder.appending("init.scope/cgroup.procs")
            var process: pid_t?
            try await eventually("systemd runs") {
                guard starter.isRunning else {
                    let said = String(decoding: try Scratch.read(output), as: UTF8.self)
                    throw MountFailure("systemd does not start: \(said)")
                }
                process = (try? Scratch.read(first)).flatMap { pid_t(String(decoding: $0.dropLast(), as: UTF8.self)) }
                return process != nil
            }
            let machine = SystemdMachine(repo: repo, process: process ?? 0)
            do {
                try await eventually("systemd is ready") {
                    try await machine.run("systemctl", ["is-active", "machine.target"]).text == "active\n"
                }
                try await body(machine)
            } catch {
                let journal = try? await machine.journal()
                await machine.abortMounts()
                throw MountFailure("\(error)\nThe machine's journal:\n\(journal ?? "")")
            }
            await machine.abortMounts()
        }
    }

    /// Readers of a mount whose server does not answer could not be killed.
    private func abortMounts() async {
        _ = try? await run("umount", ["--all", "--force", "--types", "fuse.secretfs"])
    }

    private static func makeUnits(of repo: TestRepo) async throws {
        let units = repo.place.appending("units")
        try repo.makeFolder(units)
        // What services and systemd itself take for granted, but nothing that could touch hardware or kernel.
        let machine = "Requires=sysinit.target basic.target systemd-journald.socket systemd-journald-dev-log.socket\n"
        for (name, text) in ["machine": machine, "sysinit": "", "basic": "", "shutdown": ""] {
            try repo.write("../units/\(name).target", "[Unit]\nDefaultDependencies=no\n\(text)")
        }
        for name in ["systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket"] {
            try repo.write("../units/\(name)", try Scratch.read(FilePath("/lib/systemd/system/\(name)")))
        }
        let folder = PublicPrograms.sources.appending("../../../packaging/systemd").lexicallyNormalized()
        try repo.write(
            "../units/service.d/libraries.conf", "[Service]\nEnvironment=LD_LIBRARY_PATH=/run/programs/lib\n")
        for name in try Scratch.list(folder) {
            let text = String(decoding: try Scratch.read(folder.appending(name)), as: UTF8.self)
            // As `make install` does it.
            try repo.write("../units/\(name)", text.replacing("/usr/bin/", with: "/run/programs/bin/"))
        }
    }

    /// A path of the machine as it is found from here.
    subscript(path: String) -> FilePath { FilePath("/proc/\(process)/root\(path)") }

    /// What is put before a command so that it runs in the machine.
    var entrance: [String] {
        ["nsenter", "--target", "\(process)", "--mount", "--root", "--pid", "--ipc", "--uts", "--net", "--wd=/", "--"]
    }

    /// Runs a command in the machine to its end.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws -> CommandResult {
        try await repo.run(entrance[0], entrance.dropFirst() + [program] + arguments)
    }

    /// `systemctl`, which has to succeed.
    func control(_ arguments: String...) async throws {
        let result = try await run("systemctl", arguments)
        guard result.status == 0 else { throw MountFailure("systemctl \(arguments): \(result.errors)") }
    }

    /// Properties of a unit, by name.
    func properties(_ unit: String) async throws -> [String: String] {
        let lines = try await run("systemctl", ["show", unit]).text.split(separator: "\n")
        return Dictionary(
            lines.compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
            }, uniquingKeysWith: { $1 })
    }

    /// What the journal has; `options` of journalctl choose from it.
    func journal(_ options: String...) async throws -> String {
        try await run("journalctl", ["--no-pager", "--quiet"] + options).text
    }
}

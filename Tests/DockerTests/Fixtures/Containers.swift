import SystemPackage
import TestSupport
import Testing

extension DockerMachine {
    /// Starts a container that does nothing until it is ended.
    func sleeper(_ name: String, _ options: String...) async throws {
        try await check(
            "docker", ["run", "--detach", "--name", name] + options + ["busybox", "sleep", "100000"])
    }

    /// The content of a file of a running container.
    func read(_ container: String, _ file: String) async throws -> String {
        try await docker("exec", container, "cat", file)
    }

    /// Starts a container that reads `/run/secrets/password` of a volume all the time.
    func reader(_ name: String, of volume: String, _ options: String...) async throws {
        let script = """
            count=0
            while :; do
                if value=$(cat /run/secrets/password 2>>/tmp/failures) && [ -n "$value" ]; then
                    count=$((count + 1))
                    echo "$count" >/tmp/count
                else
                    echo failed >>/tmp/failures
                fi
                usleep 3000
            done
            """
        try await check(
            "docker",
            ["run", "--detach", "--stop-timeout=0", "--name", name, "-v", "\(volume):/run/secrets:ro"] + options
                + ["busybox", "sh", "-c", script])
        try await goesOn(name)
    }

    /// Waits until a container that reads has read some more, and expects that it never failed.
    func goesOn(_ reader: String, _ location: Testing.SourceLocation = #_sourceLocation) async throws {
        func count() async throws -> Int { Int((try? await docker("exec", reader, "cat", "/tmp/count")) ?? "") ?? 0 }
        let before = try await count()
        try await eventually("\(reader) reads on") { try await count() > before + 5 }
        let failures = try await docker("exec", reader, "sh", "-c", "cat /tmp/failures || :")
        #expect(failures == "", "\(reader) failed to read", sourceLocation: location)
    }

    /// Removes all containers, stops plugin and mount, and expects that nothing of them is left.
    func leavesNothing(_ location: Testing.SourceLocation = #_sourceLocation) async throws {
        try await shell("docker ps --all --quiet | xargs -r docker rm --force")
        #expect(try await mounts() == [Self.mountRoot], sourceLocation: location)
        // Nothing holds it: it can be unmounted, and its processes end.
        try await check("secretaryctl", ["unmount", Self.mountRoot])
        #expect(try await mounts() == [], sourceLocation: location)
        try await eventually("the mount's processes end") {
            try await !programs().contains("secretaryctl")
        }
    }

    /// Where SecretFS is mounted, in any of the machine's namespaces.
    func mounts() async throws -> [String] {
        let tables = try await run("sh", ["-c", "cat /proc/[0-9]*/mountinfo"]).text.split(separator: "\n")
        let places = tables.filter { $0.contains(" fuse.secretfs ") }.compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 ? String(fields[4]) : nil
        }
        return Set(places).sorted()
    }

    /// The names of all programs that run.
    func programs() async throws -> String { try await run("sh", ["-c", "cat /proc/[0-9]*/comm"]).text }
}

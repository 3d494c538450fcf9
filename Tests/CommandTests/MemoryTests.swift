import SystemPackage
import TestSupport
import Testing

/// Searches of memory and cores for what must not be there any more.
@Suite("memory") struct MemoryTests {
    /// A secret that nothing else contains.
    private static func secret() -> [UInt8] {
        Array("needle-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))".utf8)
    }

    /// Nothing of `needles` is in the memory of `pid`, nor in a core that root forces out of it, with everything that the
    /// program asked to be left out of cores.
    private func expectNone(of needles: [[UInt8]], in pid: Int32, _ scratch: Scratch) async throws {
        let traces = try await MemorySearch.traces(of: needles, in: pid, core: scratch["core"])
        #expect(traces.isEmpty)
    }

    @Test("decrypt forgets what it has written, and how its key was written", arguments: ["nacl", "hpke"])
    func decrypt(_ format: String) async throws {
        let repo = try await Repo()
        let secrets = (0..<3).map { _ in Self.secret() }
        var envelopes: [String] = []
        for secret in secrets { envelopes.append(try await repo.envelope(secret, ["--format", format])) }
        let pem = try repo.scratch.readText("keys/master-private-key.pem").split(separator: "\n")[1]
        let input = try Pipe()
        let output = try Pipe()
        try await Command.whileRunning(
            Programs.secretaryctl, ["decrypt"], environment: Repo.basicEnvironment, directory: repo.path,
            input: input.reader, output: output.writer
        ) { pid in
            for (secret, envelope) in zip(secrets, envelopes) {
                try input.writer.writeAll(Array(envelope.utf8) + [10])
                #expect(try output.read(secret.count + 1) == secret + [10])
            }
            // It waits for more input now.
            try await expectNone(of: secrets + [Array(pem.utf8)], in: pid, repo.scratch)
            // The control: what it has read is there, so the search looks in the right place.
            let tail = Array(envelopes[2].utf8.suffix(40))
            #expect(try !MemorySearch.search(pid: pid, for: tail).isEmpty)
            try input.writer.close()
        }
    }

    @Test("exec that could not start its command has forgotten the secrets when it says so")
    func exec() async throws {
        let repo = try await Repo()
        let secrets = [Self.secret(), Self.secret()]
        let environment = Repo.basicEnvironment.merging(["A": try await repo.envelope(secrets[0])]) { $1 }
        let argument = try await repo.envelope(secrets[1])
        let errors = try Pipe()
        try errors.fill()
        let (_, status) = try await Command.whileRunning(
            Programs.secretaryctl, ["exec", "--", "./missing", argument], environment: environment,
            directory: repo.path, error: errors.writer
        ) { pid in
            try await waitUntilBlocked(pid, in: "pipe_write")
            try await expectNone(of: secrets, in: pid, repo.scratch)
            let before = try errors.read(1 << 16)
            #expect(before.allSatisfy { $0 == 0x2E })
        }
        #expect(status == 127)
    }

    @Test("decrypt -e that fails has forgotten the secrets that it could decrypt")
    func failedScript() async throws {
        let repo = try await Repo()
        let secret = Self.secret()
        let environment = Repo.basicEnvironment.merging([
            "GOOD": try await repo.envelope(secret), "BAD": "ENC[NACL,AAAA]", "WORSE": "ENC[HPKE,AAAA]",
        ]) { $1 }
        let errors = try Pipe()
        try errors.fill()
        let (_, status) = try await Command.whileRunning(
            Programs.secretaryctl, ["decrypt", "-e"], environment: environment, directory: repo.path,
            error: errors.writer
        ) { pid in
            try await waitUntilBlocked(pid, in: "pipe_write")
            try await expectNone(of: [secret], in: pid, repo.scratch)
            _ = try errors.read(1 << 16)
        }
        #expect(status == 65)
    }

    @Test("encrypt forgets what it has sealed")
    func encrypt() async throws {
        let repo = try await Repo()
        let secret = Self.secret()
        let output = try Pipe()
        try output.fill()
        _ = try await Command.whileRunning(
            Programs.secretaryctl, ["encrypt"], environment: Repo.basicEnvironment, directory: repo.path,
            input: try Command.file(holding: secret), output: output.writer
        ) { pid in
            try await waitUntilBlocked(pid, in: "pipe_write")
            try await expectNone(of: [secret], in: pid, repo.scratch)
            _ = try output.read(1 << 16)
        }
    }

    @Test("no core is written, whatever the limit", arguments: ["decrypt", "encrypt"])
    func noCore(_ command: String) async throws {
        let repo = try await Repo()
        let script = """
            import os, resource, signal, sys, time
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            reader, writer = os.pipe()
            pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0)])
            def limit(): return [line.split()[4] for line in open(f"/proc/{pid}/limits") if line.startswith("Max core")][0]
            while limit() != "0": time.sleep(0.001)
            while open(f"/proc/{pid}/wchan").read() == "0": time.sleep(0.001)
            os.kill(pid, signal.SIGQUIT)
            _, status = os.waitpid(pid, 0)
            print(os.WTERMSIG(status), os.WCOREDUMP(status))
            """
        let output = try await Command.check(
            "python3", ["-c", script, Programs.secretaryctl, command], directory: repo.path)
        #expect(String(decoding: output, as: UTF8.self) == "3 False\n")
        #expect(try Scratch.list(repo.path) == ["keys"])
    }

    /// Waits until the program sleeps in this function of the kernel.
    private func waitUntilBlocked(_ pid: Int32, in function: String) async throws {
        try await eventually("the program waits in \(function)") {
            String(decoding: try Scratch.read(FilePath("/proc/\(pid)/wchan")), as: UTF8.self).contains(function)
        }
    }
}

import class Foundation.Thread
import SystemPackage
import TestSupport
import Testing

@Suite("streams") struct StreamTests {
    /// The most memory that process `pid` has had resident, in bytes.
    static func peak(_ pid: Int32) throws -> Int {
        let status = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/status")), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
    }

    @Test("100 MB through decrypt take the memory of one envelope", .timeLimit(.minutes(15)))
    func decryptMemory() async throws {
        let repo = try await Repo()
        let envelope = Array(try await repo.envelope("secret").utf8)
        let line = Array("some text, some ENC[ and [brackets], ".utf8) + envelope + [10]
        let block = Array(repeatElement(line, count: 4096).joined())
        let blocks = (100 << 20) / block.count
        let plaintextCount = (line.count - envelope.count + 6) * 4096 * blocks
        let input = try Pipe()
        let output = try Pipe()
        let (peak, status) = try await Command.whileRunning(
            Programs.secretaryctl, ["decrypt"], environment: Repo.basicEnvironment, directory: repo.path,
            input: input.reader, output: output.writer
        ) { pid in
            // Writing and reading wait for each other, so they need threads of their own.
            let writing = Thread {
                for _ in 0..<blocks { _ = try? input.writer.writeAll(block) }
            }
            writing.start()
            var remaining = plaintextCount
            while remaining > 0 {
                let count = try output.read(min(remaining, 1 << 20)).count
                #expect(count > 0)
                if count == 0 { break }
                remaining -= count
            }
            let peak = try Self.peak(pid)
            try input.writer.close()
            #expect(try output.read(1).isEmpty)
            return peak
        }
        #expect(status == 0)
        // The program and its libraries are most of it.
        #expect(peak < 32 << 20, "\(peak >> 20) MiB")
    }

    @Test("an envelope that never ends is an error, not memory without bound", .timeLimit(.minutes(15)))
    func endless() async throws {
        let repo = try await Repo()
        let result = try await Command.run(
            "sh",
            [
                "-c",
                "{ printf 'ENC[NACL,'; head -c 200000000 /dev/zero | tr '\\0' A; } | \(Programs.secretaryctl) decrypt",
            ],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.status == 65)
        #expect(result.errors.hasPrefix("secretaryctl: "))
    }

    @Test("encrypt of 100 MB is an error with the memory of the largest secret", .timeLimit(.minutes(15)))
    func encryptMemory() async throws {
        let repo = try await Repo()
        let result = try await Command.run(
            "sh", ["-c", "ulimit -v 400000; head -c 100000000 /dev/zero | \(Programs.secretaryctl) encrypt"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.status == 65)
        #expect(result.errors.contains("larger than 16 MiB"), "\(result.errors)")
    }

    @Test(
        "output that cannot be written is an error",
        arguments: [
            "encrypt", "decrypt", "decrypt -e", "genkeys --force", "version", "init --force",
        ])
    func fullDisk(_ command: String) async throws {
        let repo = try await Repo()
        try repo.scratch.write("envelope", try await repo.envelope("x"))
        let result = try await Command.run(
            "sh", ["-c", "A=$(cat envelope) \(Programs.secretaryctl) \(command) <envelope >/dev/full"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.status == 74, "\(result.errors)")
        #expect(result.errors.contains("cannot write"))
    }

    @Test("closed descriptors and input that cannot be read are errors, not crashes")
    func closed() async throws {
        let repo = try await Repo()
        for (script, status) in [
            ("\(Programs.secretaryctl) decrypt <&-", 74), ("\(Programs.secretaryctl) encrypt <&-", 74),
            ("\(Programs.secretaryctl) decrypt </", 74), ("printf x | \(Programs.secretaryctl) encrypt >&-", 74),
            ("printf x | \(Programs.secretaryctl) encrypt 2>&- >/dev/full", 74),
        ] {
            let result = try await Command.run(
                "sh", ["-c", script], environment: Repo.basicEnvironment, directory: repo.path)
            #expect(result.status == Int32(status), "\(script): \(result.errors)")
        }
        // With standard output closed, no key file that is opened takes its number and is written to.
        let before = try repo.scratch.read("keys/config-private-key.pem")
        _ = try await Command.run(
            "sh", ["-c", "printf x | \(Programs.secretaryctl) encrypt >&-"], environment: Repo.basicEnvironment,
            directory: repo.path)
        #expect(try repo.scratch.read("keys/config-private-key.pem") == before)
    }

    @Test("a reader that goes away ends decrypt quietly, as it does other filters")
    func brokenPipe() async throws {
        let repo = try await Repo()
        let result = try await Command.run(
            "bash", ["-c", "yes text | \(Programs.secretaryctl) decrypt | head -n 1; echo ${PIPESTATUS[1]} >&2"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.text == "text\n")
        #expect(result.errors == "141\n", "\(result.errors)")
    }

    @Test("what has been decrypted is there before more input comes")
    func promptness() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("secret")
        let input = try Pipe()
        let output = try Pipe()
        try await Command.whileRunning(
            Programs.secretaryctl, ["decrypt"], environment: Repo.basicEnvironment, directory: repo.path,
            input: input.reader, output: output.writer
        ) { _ in
            for piece in ["a ", envelope, " b\n"] { try input.writer.writeAll(Array(piece.utf8)) }
            #expect(try output.read(11) == Array("a secret b\n".utf8))
            try input.writer.close()
        }
    }
}

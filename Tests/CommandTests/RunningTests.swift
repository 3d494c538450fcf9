import SystemPackage
import TestSupport
import Testing

@Suite("running programs in tests") struct RunningTests {
    @Test("input, arguments, environment and the exit status are passed")
    func passing() async throws {
        let result = try await Command.run(
            "sh", ["-c", "cat; echo $X >&2; exit 3"], input: Array("abc".utf8),
            environment: ["X": "é", "PATH": "/usr/bin:/bin"])
        #expect(result.status == 3)
        #expect(result.text == "abc")
        #expect(result.errorLines == ["é"])
    }

    @Test("the search of a process's memory finds what is there, and only that")
    func memorySearch() async throws {
        let input = try Pipe()
        let output = try Pipe()
        let needle = Array("needle-\(UInt64.random(in: .min ... .max))".utf8)
        try await Command.whileRunning(
            "/bin/sh", ["-c", "read x; echo got; read y"], environment: [:], input: input.reader, output: output.writer
        ) { pid in
            #expect(try MemorySearch.search(pid: pid, for: needle).isEmpty)
            try input.writer.writeAll(needle + [10])
            #expect(try output.read(4) == Array("got\n".utf8))
            #expect(try !MemorySearch.search(pid: pid, for: needle).isEmpty)
            try input.writer.close()
        }
    }
}

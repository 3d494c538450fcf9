import Testing
import TestSupport

@Test("running a program passes input, arguments and the exit status")
func running() async throws {
    let result = try await Command.run("sh", ["-c", "cat; echo $X >&2; exit 3"], input: Array("abc".utf8), 
        environment: ["X": "é", "PATH": "/usr/bin:/bin"])
    #expect(result.status == 3)
    #expect(result.text == "abc")
    #expect(result.errorLines == ["é"])
}

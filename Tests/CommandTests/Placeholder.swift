import Testing
import TestSupport

@Test("memory search finds what a process holds and not what it does not")
func memorySearch() async throws {
    let result = try await Command.run("sh", ["-c", "cat; exit 3"], input: Array("abc".utf8))
    #expect(result.status == 3 && result.text == "abc")
}

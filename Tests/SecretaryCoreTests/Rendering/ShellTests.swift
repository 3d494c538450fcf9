import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("A rendered dotenv file")
struct ShellTests {
    /// What shells and dotenv libraries are known to stumble over.
    static let values = [
        "", "plain", "two words", " space around ", "a'b", "a\"b", "a\\b", "\\", "\\\\'", "$HOME", "${HOME}",
        "$(touch owned)",
        "`touch owned`", "'$(touch owned)'", "\"; touch owned; \"", "line\nbreak", "\n", "end\\\n", "'\n\"", "tab\tx",
        "\r\n", "#no", "a #b",
        "!x", "=x=", "%s%n", "*", "~", "é😀", "\\n", "\\'", "$'x'", "'\\''", "\u{1}\u{7F}",
    ]

    private func render(_ source: String) throws -> [UInt8] {
        let settings = try Settings.parse(
            Array("views: {v: {source: a.yml, render: [{path: a.env, format: dotenv}]}}".utf8))
        let rule = try #require(settings.views.first?.render.first)
        let file = try parse(source, "a.yml")
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: Identity())
        let composed = try Rendering(rule, of: file.root, root: "/").compose(with: opener)
        return unsafe composed.withUnsafeBytes { unsafe Array($0) }
    }

    @Test("gives a shell that reads it exactly the values, and runs nothing")
    func shell() async throws {
        let scratch = try Scratch("dotenv")
        let source = ShellTests.values.enumerated().map { "V\($0): \(envelope($1))\n" }.joined()
        try scratch.write("a.env", try render(source))
        let names = ShellTests.values.indices.map { "\"$V\($0)\"" }.joined(separator: " ")
        let result = try await Command.run(
            "sh", ["-c", "set -eu; . ./a.env; printf '%s\\0' \(names)"], directory: scratch.path)
        #expect(result.errors == "")
        let seen = result.output.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(seen.dropLast() == ShellTests.values[...])
        #expect(try Scratch.list(scratch.path) == ["a.env"])
    }

    @Test("is read back by our own reader, and again when a value is any text without NUL")
    func readBack() throws {
        let source = ShellTests.values.enumerated().map { "V\($0): \(envelope($1))\n" }.joined()
        let file = try ConfigFile.parse(render(source), path: "a.env")
        #expect(try file.leaves().map { show($0.value.value) } == ShellTests.values)

        try Fuzz.run(seeds: ShellTests.values.map { Array($0.utf8) }) { bytes in
            guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else { return }
            let again = try ConfigFile.parse(render("V: \(envelope(text))\n"), path: "a.env").leaves()
            try FuzzTests.require(again.count == 1 && show(again[0].value.value) == text, "read back as another text")
        }
    }

    @Test("holds bytes that are no text, too")
    func bytes() throws {
        let rendered = try render("V: \(envelope([0xFF, 0x27, 0x22, 0xC3]))\n")
        #expect(rendered.starts(with: Array("V=\"".utf8) + [0xFF, 0x27, 0x5C, 0x22, 0xC3] + Array("\"\n".utf8)))
    }
}

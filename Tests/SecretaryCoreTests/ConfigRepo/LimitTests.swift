import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Limits of a config file")
struct LimitTests {
    /// Seven levels of nine aliases each: 43 million values from 400 bytes.
    static let bomb =
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + zip("abcdefgh", "bcdefghi").map { inner, outer in
            "\(outer): &\(outer) [\(Array(repeating: "*\(inner)", count: 9).joined(separator: ", "))]\n"
        }.joined()

    @Test("a YAML bomb is an error, not a tree, and at once")
    func bomb() {
        let time = ThreadTime()
        #expect(
            complaint(LimitTests.bomb, "a.yml")
                == "a.yml:6:16: more than 250000 values in one file, aliases and merge keys counted where they are used"
                + " | split the file")
        #expect(time.spent < .milliseconds(500))
    }

    @Test("merge keys count as what they bring in")
    func mergeBomb() {
        let keys = (0..<1000).map { "k\($0): v" }.joined(separator: ", ")
        let uses = (0..<300).map { "u\($0): {<<: *a}\n" }.joined()
        #expect(complaint("a: &a {\(keys)}\n" + uses, "a.yml").contains(": more than 250000 values in one file"))
    }

    @Test("what aliases repeat is counted up to the limit")
    func manyAliases() throws {
        let text = "a: &a [\(Array(repeating: "x", count: 998).joined(separator: ","))]\n"
        let uses = (0..<240).map { _ in "- *a\n" }.joined()
        #expect(try parse(text + "l:\n" + uses, "a.yml").leaves().count == 998 * 241)
        #expect(complaint(text + "l:\n" + uses + uses, "a.yml").contains(": more than 250000 values in one file"))
    }

    @Test("long texts and long paths that aliases repeat count with every byte")
    func expandedSize() throws {
        let long = "a: &a \(String(repeating: "x", count: 60_000))\nl:\n"
        #expect(complaint(long + String(repeating: "- *a\n", count: 1000), "a.yml").hasPrefix("no error"))
        #expect(
            complaint(long + String(repeating: "- *a\n", count: 2000), "a.yml")
                == "a.yml:1119:3: more than 64 MiB of values with their paths, aliases and merge keys counted where they are used"
                + " | split the file")
        // 90 levels of keys above a thousand values are a megabyte of paths, wherever they are repeated.
        let key = String(repeating: "k", count: 500)
        let deep = "a: &a [\(Array(repeating: "x", count: 1000).joined(separator: ","))]\nb: "
        let levels = String(repeating: "{\(key): ", count: 90)
        #expect(complaint(deep + levels + "*a" + String(repeating: "}", count: 90), "a.yml").hasPrefix("no error"))
        #expect(
            complaint(deep + levels + "[*a, *a]" + String(repeating: "}", count: 90), "a.yml")
                .contains(": more than 64 MiB of values with their paths"))
    }

    @Test("a key has a limit", arguments: ["a.json", "a.env", "a.properties", "a.yml"])
    func keys(name: String) {
        func file(_ count: Int) -> String {
            let key = String(repeating: "k", count: count)
            return name == "a.json" ? "{\"\(key)\": 1}" : name == "a.yml" ? "? \(key)\n: 1\n" : "\(key)=1\n"
        }
        #expect(complaint(file(1024), name).hasPrefix("no error"))
        #expect(complaint(file(1025), name).contains(": a key of more than 1024 bytes"))
    }

    @Test(
        "nesting has a limit",
        arguments: [
            ("a.yml", "[", "]", "a.yml:1:101: more than 100 levels inside each other"),
            ("a.json", "[", "]", "a.json:1:101: more than 100 levels inside each other"),
            ("a.json", "{\"a\":", "}", "a.json:1:501: more than 100 levels inside each other"),
            ("a.yml", "{a: ", "}", "a.yml:1:401: more than 100 levels inside each other"),
        ])
    func depth(name: String, opening: String, closing: String, expected: String) {
        func nested(_ count: Int) -> String {
            String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count)
        }
        #expect(complaint(nested(100), name).hasPrefix("no error"))
        #expect(complaint(nested(101), name) == expected)
        #expect(complaint(String(repeating: opening, count: 100_000), name) == expected)
    }

    @Test("the number of values has a limit", arguments: ["a.json", "a.env", "a.properties", "a.yml"])
    func values(name: String) {
        let count = 250_001
        let text =
            switch name {
            case "a.json": "[" + String(repeating: "0,", count: count) + "0]"
            case "a.yml": String(repeating: "-\n", count: count)
            default: (0..<count).map { "A\($0)=\n" }.joined()
            }
        #expect(complaint(text, name).contains(": more than 250000 values in one file"))
    }

    @Test("the size of a file has a limit, whatever the format", arguments: ["a.yml", "a.json", "a.env", "a.txt"])
    func size(name: String) throws {
        let bytes = [UInt8](repeating: 0x20, count: ConfigLimits.fileSize + 1)
        #expect(
            complaint(bytes, name) == "\(name) is larger than 32 MiB, the limit for a config file"
                + " | split it, or keep it out of the config repository")
        // The other formats would spend half a minute on it in a debug build.
        guard ConfigFile.Format(fileName: name) == .text else { return }
        #expect(complaint(Array(bytes.dropLast()), name).hasPrefix("no error"))
    }

    @Test("directives that would keep libyaml busy are refused")
    func directives() {
        let text = (0..<1000).map { "%TAG !a\($0)! b\n" }.joined() + "---\na: 1\n"
        #expect(complaint(text, "a.yml") == "a.yml:65:1: more than 64 %TAG directives")
    }

    @Test(
        "long lines and many keys take linear time",
        arguments: [
            ("a.yml", "{", "\"k%\": \"v\", ", "}"), ("a.json", "{", "\"k%\": \"v\", ", "\"z\": 0}"),
            ("a.yml", "", "k%: 'v'\n", ""), ("a.yml", "- ", "x: &a% y\n  ", "z: 1"),
            ("a.properties", "", "k%=v\\\nw\n", ""),
            ("a.yml", "", "\"k%\": \"é\\\n \\x41\"\n", ""), ("a.yml", "a: 'b\n", "  c%\n\n", "'"),
        ])
    func linear(name: String, start: String, unit: String, end: String) throws {
        let text =
            start + (0..<20_000).map { unit.replacing("%", with: "\($0)").replacing("x:", with: "x\($0):") }.joined()
            + end
        let time = ThreadTime()
        _ = try parse(text, name)
        // A debug build takes about 0.3 s; a quadratic reader would take minutes.
        #expect(time.spent < .seconds(10))
    }
}

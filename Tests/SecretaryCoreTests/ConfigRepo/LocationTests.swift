import SecretaryCore
import SystemPackage
import Testing

@Suite("The place of a value")
struct LocationTests {
    /// A file, and for each of its values the text that writes it.
    static let files: [(name: String, text: String, written: [String])] = [
        ("a.yml", "a: one\nb: 'two'\nc: \"three\"\n", ["one", "'two'", "\"three\""]),
        ("a.yml", "a: |\n  one\n  two\n\n\nb: >-\n  x\n", ["|\n  one\n  two", ">-\n  x"]),
        ("a.yml", "a: | # why\n  one", ["| # why\n  one"]),
        ("a.yml", "- &x one\n- !!str two\n- &y !t 'three'\n- !t &z\n  four\n", ["one", "two", "'three'", "four"]),
        ("a.yml", "- &x # not a value\n  one\n- &y |\n  two\n", ["one", "|\n  two"]),
        ("a.yml", "{a: x, b: [y, 'z' ]}", ["x", "y", "'z'"]),
        ("a.yml", "a:\n  one\n  two\nb: c", ["one\n  two", "c"]),
        ("a.yml", "a:\nb: \n-\n".replacing("-\n", with: ""), ["", ""]),
        ("a.yml", "\u{FEFF}ä: ö\nü: 'ß'\n日本: |\n  語\n😀: x # 😀\n", ["ö", "'ß'", "|\n  語", "x"]),
        ("a.yml", "\u{FEFF}a: 1\r\nb: |\r\n  é\r\n  è\r\nc: 2\r\n", ["1", "|\r\n  é\r\n  è", "2"]),
        ("a.json", "{\"a\": \"x\", \"ä\": [1, true, null, \"é\\n\"]}", ["\"x\"", "1", "true", "null", "\"é\\n\""]),
        ("a.json", "\u{FEFF}{\"ä\":\r\n  -1.5e+7}", ["-1.5e+7"]),
        ("a.env", "A=x\nexport B = 'y' # c\nC=\"ä\nb\"\nD=a b # c\nE=\n", ["x", "'y'", "\"ä\nb\"", "a b", ""]),
        ("a.env", "\u{FEFF}A=ä\r\nB=b\r\n", ["ä", "b"]),
        ("a.properties", "a=x\nb : y\\\n  z\r\nc\nd=\\u00e9 \n", ["x", "y\\\n  z", "", "\\u00e9 "]),
        ("a.properties", "\u{FEFF}ä=ö\n", ["ö"]),
        ("note", "all of it\n", ["all of it\n"]),
    ]

    @Test("is the bytes that write it", arguments: files)
    func range(name: String, text: String, written: [String]) throws {
        let bytes = Array(text.utf8)
        let leaves = try parse(text, name).leaves()
        #expect(leaves.map { String(decoding: bytes[$0.value.location.range], as: UTF8.self) } == written)
    }

    @Test("replaced there, the file has the new value and all others unchanged", arguments: files)
    func replace(name: String, text: String, written: [String]) throws {
        let bytes = Array(text.utf8)
        let before = try parse(text, name).leaves()
        for (index, leaf) in before.enumerated() where !leaf.value.location.range.isEmpty {
            let new = name == "a.properties" || name == "note" ? "NEW" : "\"NEW\""
            let changed = ConfigFile.replacing(leaf.value.location.range, of: bytes, by: new)
            let after = try ConfigFile.parse(changed, path: FilePath(name)).leaves()
            #expect(after.map(\.path) == before.map(\.path))
            for (place, other) in after.enumerated() {
                #expect(show(other.value.value) == (place == index ? "NEW" : show(before[place].value.value)))
            }
        }
    }

    @Test(
        "has its line and column, counted in characters from 1 without the byte order mark",
        arguments: [
            ("a.yml", "\u{FEFF}ä: ö\n日本: {語: x, 😀: y}\n", ["1:4", "2:9", "2:15"]),
            ("a.yml", "a: 1\r\nb:\r\n  - c\r\n", ["1:4", "3:5"]),
            ("a.json", "{\"ä\": 1,\n \"b\": [\"😀\", 2]}", ["1:7", "2:8", "2:13"]),
            ("a.env", "# é\nA=é\nB=x\n", ["2:3", "3:3"]),
            ("a.properties", "é = x\r\nb=y", ["1:5", "2:3"]),
        ])
    func lineAndColumn(name: String, text: String, places: [String]) throws {
        #expect(try parse(text, name).leaves().map(\.value.location.description) == places)
    }

    @Test("by an alias is where the anchor is")
    func alias() throws {
        let leaves = try parse("a: &x one\nb: *x\n", "a.yml").leaves()
        #expect(leaves.map(\.value.location.range) == [6..<9, 6..<9])
    }
}

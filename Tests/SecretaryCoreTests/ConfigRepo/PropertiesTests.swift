import SecretaryCore
import SystemPackage
import Testing

@Suite("Java properties")
struct PropertiesTests {
    @Test(
        "are read as java.util.Properties reads them",
        arguments: [
            ("", "{}"),
            ("# note\n! note\n  \n", "{}"),
            ("a=b\nc:d\ne f\ng\n", "{a: \"b\", c: \"d\", e: \"f\", g: \"\"}"),
            ("  a  =  b c  \n", "{a: \"b c  \"}"),
            ("a = : b\n", "{a: \": b\"}"),
            ("db.url=jdbc:x=y\n", "{db.url: \"jdbc:x=y\"}"),
            ("a=one\\\n   two\\\r\n\tthree\n", "{a: \"onetwothree\"}"),
            ("a=one\\\\\nb=two\n", "{a: \"one\\\", b: \"two\"}"),
            ("a\\\n  b=c\n", "{ab: \"c\"}"),
            ("a\\=b\\:c\\ d = e\n", "{a=b:c d: \"e\"}"),
            ("a=\\t\\n\\r\\f\\q\\#\n", "{a: \"\t\n\r\u{c}q#\"}"),
            ("a=\\u00e9\\u20AC\\ud83d\\ude00\n", "{a: \"é€😀\"}"),
            ("a=x # no comment\n", "{a: \"x # no comment\"}"),
            ("a=b\rc=d\r\n", "{a: \"b\", c: \"d\"}"),
            ("# note \\\na=b\n", "{a: \"b\"}"),
            ("a=b\\", "{a: \"b\"}"),
            ("a=é\n", "{a: \"é\"}"),
            (
                "truth=beauty\n fruits    apple, banana, \\\n      pear\n",
                "{truth: \"beauty\", fruits: \"apple, banana, pear\"}"
            ),
            ("a \\\n = b\n", "{a: \"b\"}"),
        ])
    func tree(source: String, expected: String) throws {
        #expect(show(try parse(source, "a.properties").root) == expected)
    }

    @Test("a file that is not UTF-8 is ISO-8859-1, with exact places")
    func latin1() throws {
        let bytes = Array("gr".utf8) + [0xF6, 0xDF] + Array("e=".utf8) + [0xE9, 0xBB, 0xBF] + Array("x\nb=c\n".utf8)
        let file = try ConfigFile.parse(bytes, path: "a.properties")
        #expect(show(file.root) == "{größe: \"é»¿x\", b: \"c\"}")
        #expect(try file.leaves().map { Array(bytes[$0.value.location.range]) } == [[0xE9, 0xBB, 0xBF, 0x78], [0x63]])
    }

    @Test("an envelope may be continued over lines")
    func envelopes() throws {
        let text = envelope("secret")
        let source = "a=\(text.prefix(20))\\\n    \(text.dropFirst(20))\n"
        #expect(show(try parse(source, "a.properties").root) == "{a: \"<6>\"}")
    }

    @Test(
        "what is wrong is said with file, line, column and a way out",
        arguments: [
            (
                "a=1\nb=2\n a:3\n",
                "a.properties:3:2: the key \"a\" is there twice, first on line 1, column 1 | rename or delete one of them"
            ),
            ("a=\\u12\n", "a.properties:1:3: four hexadecimal digits have to follow \\u | write \\\\ for a backslash"),
            (
                "a=C:\\users\n",
                "a.properties:1:5: four hexadecimal digits have to follow \\u | write \\\\ for a backslash"
            ),
            ("a=\\ud83d\n", "a.properties:1:3: half of a surrogate pair"),
            ("a=\\ude00\n", "a.properties:1:3: half of a surrogate pair"),
            ("a=\\ud83d\\u0041\n", "a.properties:1:3: half of a surrogate pair"),
        ])
    func complaints(source: String, expected: String) {
        #expect(complaint(source, "a.properties") == expected)
    }
}

import SecretaryCore
import SystemPackage
import Testing

@Suite("Selecting a part of a file")
struct SelectTests {
    static let file = """
        override:
          env:
            DATABASE_PASSWORD: one
            tls.key: two
            'back\\slash': three
        servers:
          - {name: a, password: four}
          - {name: b}
        list: []
        none: {}
        "": {x: five}
        """

    @Test(
        "follows keys, numbers of lists, and keys with dots",
        arguments: [
            ("override.env.DATABASE_PASSWORD", "\"one\""),
            ("override.env.tls\\.key", "\"two\""),
            ("override.env.back\\\\slash", "\"three\""),
            ("servers.0.password", "\"four\""),
            ("servers.1", "{name: \"b\"}"),
            ("list", "[]"),
            (".x", "\"five\""),
        ])
    func select(path: String, expected: String) throws {
        let file = try parse(SelectTests.file, "web.yml")
        #expect(show(try file.node(at: path)) == expected)
        // The path is written back as it was read.
        #expect(try ConfigPath(parsing: path).description == path)
    }

    @Test("the empty path is the whole file")
    func everything() throws {
        let file = try parse("a: 1", "web.yml")
        #expect(show(try file.node(at: "")) == "{a: 1}")
        #expect(try ConfigPath(parsing: "").parts.isEmpty)
    }

    @Test(
        "an error names what exists at the place where the path ended",
        arguments: [
            (
                "overide.env",
                "web.yml: there is nothing at \"overide.env\": the file has \"override\", \"servers\", \"list\", \"none\", \"\" | did you mean \"override.env\"?"
            ),
            (
                "override.envs.X",
                "web.yml: there is nothing at \"override.envs.X\": \"override\" has \"env\" | did you mean \"override.env.X\"?"
            ),
            (
                "override.env.tls.key",
                "web.yml: there is nothing at \"override.env.tls.key\": \"override.env\" has \"DATABASE_PASSWORD\", \"tls.key\", \"back\\slash\" | a dot inside a key is written with a backslash: 'override.env.tls\\.key'"
            ),
            (
                "override.env.DATABASE_PASSWORD.x",
                "web.yml: there is nothing at \"override.env.DATABASE_PASSWORD.x\": \"override.env.DATABASE_PASSWORD\" is a single value (line 3)"
            ),
            ("servers.2", "web.yml: there is nothing at \"servers.2\": \"servers\" is a list with the indices 0 to 1"),
            (
                "servers.00",
                "web.yml: there is nothing at \"servers.00\": \"servers\" is a list with the indices 0 to 1"
            ),
            (
                "servers.-1",
                "web.yml: there is nothing at \"servers.-1\": \"servers\" is a list with the indices 0 to 1"
            ),
            (
                "servers.name",
                "web.yml: there is nothing at \"servers.name\": \"servers\" is a list with the indices 0 to 1"
            ),
            ("list.0", "web.yml: there is nothing at \"list.0\": \"list\" is an empty list"),
            ("none.x", "web.yml: there is nothing at \"none.x\": \"none\" is empty"),
            (
                "a\\b",
                "web.yml: \"a\\b\" has a backslash before \"b\" | write \\. for a dot that belongs to a key, and \\\\ for a backslash"
            ),
            ("a\\", "web.yml: \"a\\\" ends with a backslash | write \\\\ for a backslash"),
        ])
    func missing(path: String, expected: String) throws {
        let file = try parse(SelectTests.file, "web.yml")
        #expect(describeError { () throws(SecretaryError) in show(try file.node(at: path)) } == expected)
    }

    @Test("a place with many keys names the first of them")
    func manyKeys() throws {
        let file = try parse((0..<100).map { "key\($0): 1\n" }.joined(), "a.yml")
        let error = describeError { () throws(SecretaryError) in show(try file.node(at: "other")) }
        #expect(error.hasSuffix("\"key10\", \"key11\" and 88 more"))
    }

    @Test(
        "values are named by the nearest key above them",
        arguments: [
            ("web.yml", "a: {b: [x, {c: y}]}\n", "", ["a.b.0 b", "a.b.1.c c"]),
            ("web.yml", "a: {b: [x, {c: y}]}\n", "a.b", ["0 b", "1.c c"]),
            ("web.yml", "a: {b: [x, {c: y}]}\n", "a.b.0", [" b"]),
            ("web.yml", "[x]\n", "", ["0 -"]),
            ("web.yml", "x: 1\n---\ny: 2\n", "1.y", [" y"]),
            ("tls.key", "x\n", "", [" tls.key"]),
            ("web.json", "{\"a.b\": 1}", "", ["a\\.b a.b"]),
        ])
    func names(name: String, text: String, path: String, expected: [String]) throws {
        let leaves = try parse(text, name).leaves(at: path)
        #expect(leaves.map { "\($0.path) \($0.name ?? "-")" } == expected)
    }

    @Test(
        "the format follows from the file's name",
        arguments: [
            ("web.yml", .yaml), ("web.YAML", .yaml), ("web.json", .json), ("web.env", .dotenv), (".env", .dotenv),
            (".env.local", .dotenv), ("app.properties", .properties), ("web.conf", .text), ("yaml", .text),
            ("env", .text),
            (".env.yml", .yaml),
        ] as [(String, ConfigFile.Format)])
    func formats(name: String, format: ConfigFile.Format) {
        #expect(ConfigFile.Format(fileName: name) == format)
    }

    @Test("a format that is given goes before the name")
    func givenFormat() throws {
        let bytes = Array("A=b".utf8)
        #expect(show(try ConfigFile.parse(bytes, path: "web", format: .dotenv).root) == "{A: \"b\"}")
        #expect(show(try ConfigFile.parse(bytes, path: "web.env", format: .text).root) == "\"A=b\"")
    }
}

import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Rendered files")
struct RenderingTests {
    static let source = """
        override:
          env:
            USER: web
            PASSWORD: ENC1
            URL: postgres://web:ENC2@db/x
            PORT: 5432
            DEBUG: True
            NOTHING:
          nested:
            list: ['ENC1', {key: 'ENC3'}, text]
            "a.b": ENC3
        """
        .replacing("ENC1", with: envelope("pass")).replacing("ENC2", with: envelope("$1`\"\\'")).replacing(
            "ENC3", with: envelope("é\n"))

    private func rendering(_ rule: String, source: String = source, select: String = "", root: FilePath = "/none")
        throws
        -> Rendering
    {
        let settings = try Settings.parse(
            Array("views:\n  v:\n    source: a.yml\n    render:\n      - { path: out, \(rule) }\n".utf8))
        let rule = try #require(settings.views.first?.render.first)
        let file = try parse(source, "a.yml")
        return try Rendering(rule, of: file, at: ConfigPath(parsing: select), root: root)
    }

    private func compose(_ rendering: Rendering, app: String? = nil) throws(SecretaryError) -> String {
        let identity = Identity(app: try app.map { text throws(SecretaryError) in try AppPath(parsing: text) })
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: identity)
        let bytes = try rendering.compose(with: opener)
        #expect(bytes.count == rendering.count)
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Without the spaces and the line break at the end.
    private func trimmed(_ text: String) -> String {
        #expect(text.hasSuffix("\n"))
        var text = text[...]
        while let last = text.last, last == " " || last == "\n" { text.removeLast() }
        return String(text)
    }

    @Test("as dotenv quote each value as little as it needs")
    func dotenv() throws {
        let rendering = try rendering("format: dotenv, select: override.env")
        #expect(
            trimmed(try compose(rendering)) == """
                USER="web"
                PASSWORD="pass"
                URL="postgres://web:\\$1\\`\\"\\\\'@db/x"
                PORT="5432"
                DEBUG="True"
                NOTHING=""
                """)
        // Paths of secrets are those of the view.
        #expect(
            rendering.values.map { "\($0.path) \($0.name ?? "-")" } == [
                "override.env.PASSWORD PASSWORD", "override.env.URL URL",
            ])
    }

    @Test(
        "as dotenv use the quotes that most programs read alike",
        arguments: [
            ("two words", "\"two words\""), ("it's", "\"it's\""), ("pa$$word", "'pa$$word'"), ("a\"b`c", "'a\"b`c'"),
            ("C:\\x", "'C:\\x'"), ("C:\\", "\"C:\\\\\""), ("a\\\\b", "\"a\\\\\\\\b\""), ("'$x'", "\"'\\$x'\""),
            ("line\nbreak", "\"line\nbreak\""),
        ])
    func quotes(value: String, expected: String) throws {
        let secret = try compose(try rendering("format: dotenv", source: "A: \(envelope(value))\n"))
        #expect(trimmed(secret) == "A=\(expected)")
        // The same text in the clear is quoted in the same way, and needs no filling.
        let clear = try compose(
            try rendering("format: dotenv", source: "A: |-\n  \(value.replacing("\n", with: "\n  "))\n"))
        #expect(clear == "A=\(expected)\n")
    }

    @Test("as dotenv join the names of nested keys")
    func nestedNames() throws {
        let text = try compose(try rendering("format: dotenv, match: '**'", source: "a: {b: [x, y]}\nc: z\n"))
        #expect(trimmed(text) == "a_b_0=\"x\"\na_b_1=\"y\"\nc=\"z\"")
        // Nothing is left to fill when nothing is secret.
        #expect(text == "a_b_0=\"x\"\na_b_1=\"y\"\nc=\"z\"\n")
    }

    @Test("a single value is named by its key")
    func single() throws {
        #expect(
            trimmed(try compose(try rendering("format: dotenv, select: override.env.PASSWORD"))) == "PASSWORD=\"pass\"")
        #expect(trimmed(try compose(try rendering("format: dotenv", select: "override.env.USER"))) == "USER=\"web\"")
        #expect(trimmed(try compose(try rendering("format: json", select: "override.env.PASSWORD"))) == "\"pass\"")
    }

    @Test("the name that a scope asks for is that of the key, wherever the selection begins")
    func names() throws {
        for select in ["", "override", "override.env", "override.env.PASSWORD"] {
            let names = try rendering("format: json", select: select).values.map(\.name)
            #expect(names.contains("PASSWORD"), "\(select)")
        }
    }

    @Test("as JSON keep the shape of the source, numbers and truth values too")
    func json() throws {
        let text = try compose(try rendering("format: json, select: override"))
        #expect(
            trimmed(text) == """
                {
                  "env": {
                    "USER": "web",
                    "PASSWORD": "pass",
                    "URL": "postgres://web:$1`\\"\\\\'@db/x",
                    "PORT": 5432,
                    "DEBUG": true,
                    "NOTHING": null
                  },
                  "nested": {
                    "list": [
                      "pass",
                      {
                        "key": "é\\n"
                      },
                      "text"
                    ],
                    "a.b": "é\\n"
                  }
                }
                """)
        // What is added for the worst case is white space: the text is the same JSON.
        #expect(show(try parse(text, "a.json").node(at: "nested.list.1.key")) == "\"é\n\"")
    }

    @Test("show what matches, and only the mappings and lists that it is in")
    func match() throws {
        #expect(
            trimmed(try compose(try rendering("format: json, match: '**.PASSWORD'")))
                == "{\n  \"override\": {\n    \"env\": {\n      \"PASSWORD\": \"pass\"\n    }\n  }\n}")
        #expect(
            trimmed(try compose(try rendering("format: dotenv, select: override.env, match: 'P*'")))
                == "PASSWORD=\"pass\"\nPORT=\"5432\"")
    }

    @Test("empty sources make empty files", arguments: [("format: json", "{}\n"), ("format: dotenv", "")])
    func empty(rule: String, expected: String) throws {
        #expect(try compose(try rendering(rule, source: "")) == expected)
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: Identity())
        #expect(try rendering(rule, source: "").compose(with: opener).count == expected.utf8.count)
    }

    @Test("as templates put values where they are named, and nothing else")
    func template() throws {
        let text =
            "# {{{{ no value }} {}\nuser={{override.env.USER}}\npass = {{\t override.env.PASSWORD }}!\n{{ override.nested.a\\.b }}"
        let scratch = try Scratch("template")
        try scratch.write("t/web.tmpl", text)
        let rendering = try rendering("format: template, template-file: t/web.tmpl", root: scratch.path)
        let expected = "# {{ no value }} {}\nuser=web\npass = pass!\né\n"
        #expect(try compose(rendering) == expected)
        #expect(rendering.count == expected.utf8.count)
    }

    @Test("a template's paths begin at the selection")
    func templateSelection() throws {
        let rendering = try rendering("format: template, select: override.env, template: '{{ PASSWORD }}'")
        #expect(try compose(rendering) == "pass")
        #expect(rendering.values.map(\.path.description) == ["override.env.PASSWORD"])
    }

    @Test(
        "a rule that does not fit the values is found before anything is opened",
        arguments: [
            ("format: json, select: none", "render out: there is nothing at \"none\": the file has \"override\"", nil),
            (
                "format: dotenv, select: override.nested", "render out: \"a.b\" cannot be the name of a variable",
                "leave it out with match, or rename the key: letters, digits and _, no digit first"
            ),
            (
                "format: dotenv, match: 'X*'", "render out: no value matches \"X*\"",
                "patterns are compared with dotted paths: * stays within one part, ** does not"
            ),
            (
                "format: json, match: 'X*'", "render out: no value matches \"X*\"",
                "patterns are compared with dotted paths: * stays within one part, ** does not"
            ),
            (
                "format: template, template: \"x\\n{{ override.env.PASWORD }}\"",
                "render out: template line 2: there is nothing at \"override.env.PASWORD\": \"override.env\" has \"USER\", \"PASSWORD\", \"URL\", \"PORT\", \"DEBUG\", \"NOTHING\"",
                "did you mean \"override.env.PASSWORD\"?"
            ),
            (
                "format: template, template: '{{ override }}'",
                "render out: template line 1: \"override\" is not a single value", "name one below it"
            ),
            (
                "format: template, template-file: none.tmpl",
                "render out: cannot read /none: No such file or directory", "check the path"
            ),
        ] as [(String, String, String?)])
    func rules(rule: String, message: String, hint: String?) throws {
        let error = #expect(throws: SecretaryError.self) { try rendering(rule) }
        #expect(error == SecretaryError(.configuration, message, hint: hint))
    }

    @Test("two keys that become one variable are an error")
    func collision() {
        let error = #expect(throws: SecretaryError.self) {
            try rendering("format: dotenv", source: "a_b: x\na: {b: y}\n")
        }
        #expect(error?.message == "render out: \"a_b\" and \"a.b\" both become the variable a_b")
    }

    @Test("a value that the format cannot hold is an error with its path, not with its bytes")
    func unfit() throws {
        let binary = "a:\n  b: \(envelope([0x41, 0xFF, 0x00, 0x42]))\n"
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: Identity())
        var error = #expect(throws: SecretaryError.self) {
            _ = try rendering("format: json", source: binary).compose(with: opener)
        }
        #expect(error?.message == "a.b: the value is not UTF-8, which JSON has to be")
        error = #expect(throws: SecretaryError.self) {
            _ = try rendering("format: dotenv", source: binary).compose(with: opener)
        }
        #expect(error?.message == "a.b: the value has a NUL byte, which no variable can hold")
        #expect(error?.code == .malformed)
        // A template takes any bytes.
        #expect(
            try rendering("format: template, template: '{{ a.b }}'", source: binary).compose(with: opener).count == 4)
    }

    @Test("a broken envelope and one of another app make the whole file fail, named")
    func refused() throws {
        let broken = try rendering("format: json", source: "a: {b: 'ENC[NACL,AAAA]'}\n")
        let error = #expect(throws: SecretaryError.self) { try compose(broken) }
        #expect(error?.message == "a.b: malformed NACL envelope: cut off after 3 bytes")
        #expect(error?.code == .malformed)
    }

    @Test("more than the largest secret is refused before it is opened")
    func size() {
        let source = "a: \(envelope(String(repeating: "x", count: 3 << 20)))\n"
        let error = #expect(throws: SecretaryError.self) { try rendering("format: json", source: source) }
        #expect(error?.message == "render out: the file would need more than 16 MiB, counting what escaping may take")
    }

    @Test("a digest names a version: values, texts between and their order")
    func digest() throws {
        let rule = "format: template, template: '{{ a }}-{{ b }}'"
        let one = try rendering(rule, source: "a: \(envelope("1"))\nb: \(envelope("2"))\n").digest
        #expect(one.count == 32)
        #expect(try rendering(rule, source: "b: \(envelope("2"))\nc: 3\na: \(envelope("1"))\n").digest == one)
        #expect(try rendering(rule, source: "a: \(envelope("2"))\nb: \(envelope("1"))\n").digest != one)
        #expect(try rendering(rule, source: "a: \(envelope("1"))\nb: 2\n").digest != one)
        #expect(
            try rendering(rule.replacing("-", with: "+"), source: "a: \(envelope("1"))\nb: \(envelope("2"))\n").digest
                != one)
    }
}

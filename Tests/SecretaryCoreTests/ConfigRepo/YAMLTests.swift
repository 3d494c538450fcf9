import SecretaryCore
import SystemPackage
import Testing

@Suite("YAML")
struct YAMLTests {
    @Test(
        "is read into the tree that its readers see",
        arguments: [
            ("", "{}"),
            ("# only a comment\n", "{}"),
            ("---\n", "{}"),
            ("just text", "\"just text\""),
            ("a: b", "{a: \"b\"}"),
            ("a: 'it''s'\nb: \"tab\\t \\u00e9\"\n", "{a: \"it's\", b: \"tab\t é\"}"),
            ("- x\n- [y, z]\n- {k: v}\n", "[\"x\", [\"y\", \"z\"], {k: \"v\"}]"),
            ("a:\n- 1\n- 2\n", "{a: [1, 2]}"),
            ("a: two\n  lines\n", "{a: \"two lines\"}"),
            ("a: |\n  one\n  two\n", "{a: \"one\ntwo\n\"}"),
            ("a: >-\n  one\n  two\n", "{a: \"one two\"}"),
            ("a: |+\n  one\n\nb: x\n", "{a: \"one\n\n\", b: \"x\"}"),
            ("a:\nb: ~\nc: null\nd: ''\n", "{a: , b: ~, c: null, d: \"\"}"),
            ("a: true\nb: 'true'\nc: yes\nd: False\n", "{a: true, b: \"true\", c: \"yes\", d: False}"),
            (
                "a: 1\nb: -2.5e3\nc: 0440\nd: 0x1F\ne: 1_000\nf: .5\ng: '7'\n",
                "{a: 1, b: -2.5e3, c: \"0440\", d: \"0x1F\", e: \"1_000\", f: \".5\", g: \"7\"}"
            ),
            ("a: !!str 1\nb: !custom c\nc: !!binary aGk=\n", "{a: \"1\", b: \"c\", c: \"aGk=\"}"),
            ("1: a\ntrue: b\n~: c\n? d\n: e\n", "{1: \"a\", true: \"b\", ~: \"c\", d: \"e\"}"),
            ("\"\": empty\n", "{: \"empty\"}"),
            ("a: b\r\nc: |\r\n  one\r\n  two\r\n", "{a: \"b\", c: \"one\ntwo\n\"}"),
            ("\u{FEFF}a: b\n", "{a: \"b\"}"),
            ("größe: ünï\n", "{größe: \"ünï\"}"),
            ("%YAML 1.1\n%TAG !e! tag:example.com,2000:\n---\na: !e!x b\n", "{a: \"b\"}"),
            ("a: \"one\\\n  two\"\n", "{a: \"onetwo\"}"),
        ])
    func tree(source: String, expected: String) throws {
        #expect(show(try parse(source, "a.yml").root) == expected)
    }

    @Test(
        "anchors, aliases and merge keys are followed",
        arguments: [
            ("a: &x 1\nb: *x\n", "{a: 1, b: 1}"),
            ("a: &x {k: v}\nb: *x\n", "{a: {k: \"v\"}, b: {k: \"v\"}}"),
            ("a: &x [1]\nb: [*x, *x]\n", "{a: [1], b: [[1], [1]]}"),
            ("&k key: 1\nother: *k\n", "{key: 1, other: \"key\"}"),
            ("a: &x name\n*x : 1\n", "{a: \"name\", name: 1}"),
            ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
            ("base: &b {a: 1, b: 2}\nuse:\n  <<: *b\n  b: 3\n", "{base: {a: 1, b: 2}, use: {b: 3, a: 1}}"),
            (
                "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nuse:\n  <<: [*x, *y]\n  c: 3\n",
                "{x: {a: 1}, y: {a: 2, b: 2}, use: {c: 3, a: 1, b: 2}}"
            ),
            ("use:\n  <<: {a: 1}\n", "{use: {a: 1}}"),
            ("'<<': text\n", "{<<: \"text\"}"),
            ("a: &x\nb: *x\n", "{a: , b: }"),
        ])
    func references(source: String, expected: String) throws {
        #expect(show(try parse(source, "a.yml").root) == expected)
    }

    @Test(
        "of several documents each is found by its number, and empty ones do not count",
        arguments: [
            ("a: 1\n---\nb: 2\n", "[{a: 1}, {b: 2}]"),
            ("---\na: 1\n---\n", "{a: 1}"),
            ("---\n---\na: 1\n...\n---\nb: &x 2\n", "[{a: 1}, {b: 2}]"),
        ])
    func documents(source: String, expected: String) throws {
        #expect(show(try parse(source, "a.yml").root) == expected)
    }

    @Test("a selection begins with the document's number")
    func selectDocument() throws {
        let file = try parse("a: 1\n---\nb: {c: 2}\n", "a.yml")
        #expect(show(try file.node(at: "1.b.c")) == "2")
    }

    @Test(
        "envelopes are found in every style of text, however they are folded",
        arguments: [
            "a: ENC\n", "a: 'ENC'\n", "a: \"ENC\"\n", "a: |\n  ENC\n", "a: >\n  ENC\n", "a: >-\n  ENC", "a:\n  ENC\n",
        ])
    func envelopes(template: String) throws {
        // 200 bytes: long enough to be wrapped several times.
        let text = envelope(String(repeating: "s", count: 200))
        let isBlock = template.contains("|") || template.contains(">")
        for width in [text.utf8.count, 64, 7] {
            // The header itself cannot be broken.
            let body = text.dropFirst(9)
            let lines =
                ["ENC[NACL,"]
                + stride(from: 0, to: body.utf8.count, by: width).map {
                    String(body.dropFirst($0).prefix(width))
                }
            let source = template.replacing("ENC", with: lines.joined(separator: "\n  "))
            let tree = show(try parse(source, "a.yml").root)
            #expect(tree.hasPrefix("{a: \"<200>"), "\(source) gives \(tree)")
            if !isBlock { #expect(tree == "{a: \"<200>\"}") }
        }
    }

    @Test("text around and between envelopes stays")
    func mixed() throws {
        let source = "url: postgres://u:\(envelope("pw"))@host/\(envelope("db"))?x\n"
        #expect(show(try parse(source, "a.yml").root) == "{url: \"postgres://u:<2>@host/<2>?x\"}")
    }

    @Test(
        "what is wrong is said with file, line, column and a way out",
        arguments: [
            (
                "a: 1\nb: 2\na: 3\n",
                "a.yml:3:1: the key \"a\" is there twice, first on line 1, column 1 | rename or delete one of them"
            ),
            (
                "a: {b: 1, b: 2}\n",
                "a.yml:1:11: the key \"b\" is there twice, first on line 1, column 5 | rename or delete one of them"
            ),
            (
                "'a': 1\n\"a\": 2\n",
                "a.yml:2:1: the key \"a\" is there twice, first on line 1, column 1 | rename or delete one of them"
            ),
            (
                "x: {<<: {a: 1}, <<: {b: 1}}\n",
                "a.yml:1:17: the key \"<<\" is there twice, first on line 1, column 5 | rename or delete one of them"
            ),
            ("a: *x\n", "a.yml:1:4: the alias *x has no anchor &x before it"),
            ("a: &x [*x]\n", "a.yml:1:8: the alias *x stands inside what it repeats"),
            ("a: &x 1\n---\nb: *x\n", "a.yml:3:4: the alias *x has no anchor &x before it"),
            (
                "a: {<<: 1}\n",
                "a.yml:1:5: the merge key << needs a mapping or a list of mappings | write <<: *anchor, or quote the key (\"<<\") to use it as a name"
            ),
            (
                "a: {<<: [{b: 1}, 2]}\n",
                "a.yml:1:5: the merge key << needs a mapping or a list of mappings | write <<: *anchor, or quote the key (\"<<\") to use it as a name"
            ),
            (
                "{a: 1}: b\n",
                "a.yml:1:1: a key has to be text, not a list or a mapping | quote a value that begins with { or ["
            ),
            (
                "a: {{ b }}\n",
                "a.yml:1:5: a key has to be text, not a list or a mapping | quote a value that begins with { or ["
            ),
            ("a: &x [1]\n*x : 2\n", "a.yml:2:1: the alias *x is used as a key, and is not text"),
            ("?\n: b\n", "a.yml:1:2: a key is missing before the colon"),
            (
                "a:\n\tb: 1\n",
                "a.yml:2:1: found character that cannot start any token (while scanning for the next token that begins on line 2) | YAML is indented with spaces, not with tabs"
            ),
            (
                "a: b: c\n",
                "a.yml:1:5: mapping values are not allowed in this context | quote a value that holds a colon and a space, and check the indentation"
            ),
            (
                "a: @b\n",
                "a.yml:1:4: found character that cannot start any token (while scanning for the next token that begins on line 1) | quote a value that begins with @, ` or %"
            ),
            (
                "a: 'b\n",
                "a.yml:2:1: found unexpected end of stream (while scanning a quoted scalar that begins on line 1) | a closing quote is missing"
            ),
            (
                "a: 1\n  b: 2\n",
                "a.yml:2:4: mapping values are not allowed in this context | quote a value that holds a colon and a space, and check the indentation"
            ),
            (
                "a: [1\nb: 2\n",
                "a.yml:2:2: did not find expected ',' or ']' (while parsing a flow sequence that begins on line 1)"
            ),
            (
                "a: [x, ENC[NACL,AAAA]]\n",
                "a.yml:1:11: did not find expected ',' or ']' (while parsing a flow sequence that begins on line 1) | inside [ ] and { } an envelope needs quotes: 'ENC[…]'"
            ),
            ("ä: 'ö'\nü: *x\n", "a.yml:2:4: the alias *x has no anchor &x before it"),
            ("\u{FEFF}a: *x\n", "a.yml:1:4: the alias *x has no anchor &x before it"),
            ("a: 1\r\nb: *x\r\n", "a.yml:2:4: the alias *x has no anchor &x before it"),
            (
                "a: \u{1}\n",
                "a.yml:1:4: control characters are not allowed | write it as an escape inside double quotes"
            ),
        ])
    func complaints(source: String, expected: String) {
        #expect(complaint(source, "a.yml") == expected)
    }

    @Test("a text that is not UTF-8 is refused with its place")
    func encodings() {
        #expect(
            complaint([0xFF, 0xFE, 0x61, 0x00], "a.yml") == "a.yml:1:1: the file is UTF-16 | save it as UTF-8")
        #expect(complaint([0x61, 0x00, 0x3A, 0x00], "a.yml") == "a.yml:1:1: the file is UTF-16 | save it as UTF-8")
        #expect(complaint([0xFE, 0xFF, 0x00, 0x61], "a.yml") == "a.yml:1:1: the file is UTF-16 | save it as UTF-8")
        #expect(
            complaint(Array("a: x\nb: ".utf8) + [0xE9, 0x0A], "a.yml")
                == "a.yml:2:4: the text is not UTF-8 | save the file as UTF-8")
    }
}

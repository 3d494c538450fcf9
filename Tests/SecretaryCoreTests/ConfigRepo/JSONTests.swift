import SecretaryCore
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "is read into the tree that its readers see",
        arguments: [
            ("", "{}"),
            (" \n", "{}"),
            ("{}", "{}"),
            ("[]", "[]"),
            ("\"x\"", "\"x\""),
            (" {\"a\" : [ 1 , -0.5E-3 , true, false , null ] } \r\n", "{a: [1, -0.5E-3, true, false, null]}"),
            ("{\"a\":{\"b\":{}}}", "{a: {b: {}}}"),
            (#"["\"\\\/\b\f\n\r\t\u00e9\u20AC"]"#, "[\"\"\\/\u{8}\u{c}\n\r\té€\"]"),
            (#"["\ud83d\ude00 😀"]"#, "[\"😀 😀\"]"),
            (#"{"\u0061": 1}"#, "{a: 1}"),
            ("\u{FEFF}[1]", "[1]"),
            ("[\"\\u0000\"]", "[\"\0\"]"),
        ])
    func tree(source: String, expected: String) throws {
        #expect(show(try parse(source, "a.json").root) == expected)
    }

    @Test("an envelope may hold escaped line breaks")
    func envelopes() throws {
        let text = envelope("secret").replacing("ENC[NACL,", with: "ENC[NACL,\\n").replacing("]", with: "\\r\\n\\t]")
        #expect(show(try parse("{\"a\": \"x\(text)y\"}", "a.json").root) == "{a: \"x<6>y\"}")
    }

    @Test(
        "what is wrong is said with file, line, column and a way out",
        arguments: [
            (
                "{\"a\": 1, \"a\": 2}",
                "a.json:1:10: the key \"a\" is there twice, first on line 1, column 2 | rename or delete one of them"
            ),
            (
                "{\"a\": 1,\n \"\\u0061\": 2}",
                "a.json:2:2: the key \"a\" is there twice, first on line 1, column 2 | rename or delete one of them"
            ),
            ("{\"a\": 1,}", "a.json:1:9: a key should be here | delete the comma before it"),
            ("[1,]", "a.json:1:4: a value should be here | delete the comma before it"),
            ("[1 2]", "a.json:1:4: a comma or ] should be here"),
            ("{\"a\": 1", "a.json:1:8: a comma or } should be here"),
            ("{a: 1}", "a.json:1:2: a key should be here | keys need double quotes"),
            ("{\"a\" 1}", "a.json:1:6: a colon should follow the key \"a\""),
            ("[", "a.json:1:2: the document ends where a value should be"),
            ("[tru]", "a.json:1:2: a value should be here | text needs double quotes"),
            ("['a']", "a.json:1:2: a value should be here | text needs double quotes"),
            ("[01]", "a.json:1:2: this is not a number of JSON | quote it to make it text"),
            ("[1.]", "a.json:1:2: this is not a number of JSON | quote it to make it text"),
            ("[-]", "a.json:1:2: this is not a number of JSON | quote it to make it text"),
            ("[1e]", "a.json:1:2: this is not a number of JSON | quote it to make it text"),
            ("[+1]", "a.json:1:2: a value should be here | text needs double quotes"),
            ("[1] // note", "a.json:1:5: something follows the end of the document"),
            (
                "[\"é\na\"]",
                "a.json:1:4: a string ends on the line where it begins | write \\n for a line break, \\t for a tab, \\u00XX for others"
            ),
            (
                "[\"\t\"]",
                "a.json:1:3: a control character inside a string | write \\n for a line break, \\t for a tab, \\u00XX for others"
            ),
            ("[\"a", "a.json:1:2: the string has no closing quote"),
            ("[\"a\\", "a.json:1:4: the document ends inside a string"),
            (#"["\x"]"#, #"a.json:1:3: an escape that JSON does not have | write \\ for a backslash"#),
            (#"["\u12g4"]"#, "a.json:1:3: four hexadecimal digits have to follow \\u"),
            (#"["\ud83d"]"#, "a.json:1:3: half of a surrogate pair"),
            (#"["\ud83dx"]"#, "a.json:1:3: half of a surrogate pair"),
            (#"["\ud83d\u0041"]"#, "a.json:1:3: half of a surrogate pair"),
            (#"["\ude00"]"#, "a.json:1:3: half of a surrogate pair"),
        ])
    func complaints(source: String, expected: String) {
        #expect(complaint(source, "a.json") == expected)
    }

    @Test(
        "a text that is not UTF-8 is refused",
        arguments: [
            [0x22, 0xE9, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xF0, 0x9F, 0x98, 0x22], [0x22, 0xE0, 0x9F, 0x80, 0x22], [0x22, 0xF0, 0x8F, 0x80, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0x80, 0x22], [0x22, 0xE2, 0x82],
        ] as [[UInt8]])
    func encodings(bytes: [UInt8]) {
        #expect(complaint(bytes, "a.json") == "a.json:1:2: the text is not UTF-8 | save the file as UTF-8")
    }

    @Test("a text in UTF-16 is called so")
    func wide() {
        #expect(complaint([0x5B, 0x00, 0x5D, 0x00], "a.json") == "a.json:1:1: the file is UTF-16 | save it as UTF-8")
    }
}

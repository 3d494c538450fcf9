import SecretaryCore
import Testing

@Suite("dotenv")
struct DotenvTests {
    @Test(
        "is read into names and values",
        arguments: [
            ("", "{}"),
            ("# note\n\n   \n", "{}"),
            ("A=b\nC_1=d\n", "{A: \"b\", C_1: \"d\"}"),
            ("export A=b\nexport\tB=c\nexport=d\n", "{A: \"b\", B: \"c\", export: \"d\"}"),
            ("  A = b c  \n", "{A: \"b c\"}"),
            ("A=\nB=''\nC=\"\"\n", "{A: \"\", B: \"\", C: \"\"}"),
            ("A=pass#word # note\nB=#x\nC= # note\n", "{A: \"pass#word\", B: \"#x\", C: \"\"}"),
            ("A=1\nB=true\n", "{A: \"1\", B: \"true\"}"),
            (#"A='a\n"$b" #'"#, #"{A: "a\n"$b" #"}"#),
            (#"A="a\nb\t\"\\\$\`\x" # note"#, "{A: \"a\nb\t\"\\$`\\x\"}"),
            ("A=\"one\ntwo\"\nB='three\n# four'\n", "{A: \"one\ntwo\", B: \"three\n# four\"}"),
            ("A=a\\nb$C\"d\"\n", "{A: \"a\\nb$C\"d\"\"}"),
            ("A=b\r\nC='d'\r\n", "{A: \"b\", C: \"d\"}"),
            ("A=b", "{A: \"b\"}"),
            ("a.b-c=d\n", "{a.b-c: \"d\"}"),
            ("\u{FEFF}A=ä\n", "{A: \"ä\"}"),
            ("A=b=c\n", "{A: \"b=c\"}"),
        ])
    func tree(source: String, expected: String) throws {
        #expect(show(try parse(source, ".env").root) == expected)
    }

    @Test("an envelope may stand without quotes, and over several lines in quotes")
    func envelopes() throws {
        let text = envelope("secret")
        let wrapped = text.prefix(20) + "\n" + text.dropFirst(20)
        let source = "A=\(text)\nB=\"\(wrapped)\n\"\nC='\(wrapped)'\nD=x\(text)y # note\n"
        #expect(
            show(try parse(source, "prod.env").root) == "{A: \"<6>\", B: \"<6>\n\", C: \"<6>\", D: \"x<6>y\"}")
    }

    @Test(
        "what is wrong is said with file, line, column and a way out",
        arguments: [
            (
                "A=1\nB=2\nA=3\n",
                ".env:3:1: the key \"A\" is there twice, first on line 1, column 1 | rename or delete one of them"
            ),
            (
                "A\n",
                ".env:1:2: there is no = after A | write A= for an empty value; a value of several lines needs quotes"
            ),
            (
                "export A\n",
                ".env:1:9: there is no = after A | write A= for an empty value; a value of several lines needs quotes"
            ),
            (
                "1A=b\n",
                ".env:1:1: a line should be NAME=value, a comment or empty | names are letters, digits, _, - and .; a value of several lines needs quotes"
            ),
            (
                "=b\n",
                ".env:1:1: a line should be NAME=value, a comment or empty | names are letters, digits, _, - and .; a value of several lines needs quotes"
            ),
            ("A=\"b\n", ".env:1:3: the value of A has no closing quote"),
            ("A='b\n", ".env:1:3: the value of A has no closing quote"),
            ("A=\"b\\\"\n", ".env:1:3: the value of A has no closing quote"),
            (
                "A='b'c\n",
                ".env:1:6: something follows the closing quote of A | put the whole value into one pair of quotes"
            ),
            (
                "A='b'#c\n",
                ".env:1:6: something follows the closing quote of A | put the whole value into one pair of quotes"
            ),
            (
                "A B=c\n",
                ".env:1:3: there is no = after A | write A= for an empty value; a value of several lines needs quotes"
            ),
        ])
    func complaints(source: String, expected: String) {
        #expect(complaint(source, ".env") == expected)
    }
}

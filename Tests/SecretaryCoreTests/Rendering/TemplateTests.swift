import SecretaryCore
import Testing

@Suite("Templates")
struct TemplateTests {
    @Test(
        "what cannot be a template is said with its line",
        arguments: [
            ("a {{ b", "line 1: a {{ has no }} on its line | write {{{{ for two braces as text"),
            ("a\nb {{ c\n}}", "line 2: a {{ has no }} on its line | write {{{{ for two braces as text"),
            ("{{  }}", "line 1: a {{ }} names no value | write {{ dotted.path }}, or {{{{ for two braces as text"),
            ("{{}}", "line 1: a {{ }} names no value | write {{ dotted.path }}, or {{{{ for two braces as text"),
            (
                "\n\n{{ a\\b }}",
                "line 3: \"a\\b\" has a backslash before \"b\" | write \\. for a dot that belongs to a key, and \\\\ for a backslash"
            ),
            ("{{{{{{ b", "line 1: a {{ has no }} on its line | write {{{{ for two braces as text"),
        ])
    func complaints(text: String, expected: String) {
        #expect(
            describeError { () throws(SecretaryError) in
                _ = try Template(parsing: Array(text.utf8))
                return ""
            } == expected)
    }
}

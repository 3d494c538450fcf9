import SecretaryCore
import Testing

@Suite("Scopes and app paths")
struct ScopeTests {
    private static let scopes: [(String, String, String?)] = [
        ("/", "/", nil),
        ("/prod", "/prod", nil),
        ("/prod/shop/web#DATABASE_PASSWORD", "/prod/shop/web", "DATABASE_PASSWORD"),
        ("/#NAME", "/", "NAME"),
        ("/a#b#c", "/a", "b#c"),
        ("/a#tls/key.pem", "/a", "tls/key.pem"),
        ("/prod/über#NÄME", "/prod/über", "NÄME"),
        ("/a b/...", "/a b/...", nil),
        ("/" + String(repeating: "a", count: 254), "/" + String(repeating: "a", count: 254), nil),
    ]

    @Test("are read and written", arguments: scopes)
    func reads(text: String, path: String, name: String?) throws {
        let scope = try Scope(parsing: text)
        #expect(scope.path.description == path)
        #expect(scope.name == name)
        #expect(scope.description == text)
        #expect(try Scope(path: AppPath(parsing: path), name: name) == scope)
    }

    @Test(
        "that break a rule are refused",
        arguments: [
            "", "prod", "prod/shop", "#NAME", "//", "/prod/", "/prod//shop", "/prod/./shop", "/prod/../shop", "/..",
            "/.",
            "/prod#", "/#", "/prod\n", "/prod#NA\u{1B}[31mME", "/prod\0", "/\u{7F}",
            "/" + String(repeating: "a", count: 255), "/a#" + String(repeating: "ä", count: 127),
        ])
    func refuses(_ text: String) {
        let error = #expect(throws: SecretaryError.self) { try Scope(parsing: text) }
        #expect(error?.code == .malformed)
    }

    @Test("that only look alike are different")
    func bytewise() throws {
        let (composed, decomposed) = ("/\u{E4}", "/a\u{308}")
        #expect(composed == decomposed, "Swift's own comparison takes them for the same")
        #expect(try Scope(parsing: composed) != Scope(parsing: decomposed))
        #expect(try !AppPath(parsing: composed).isAtOrBelow(AppPath(parsing: decomposed)))
    }

    private static let relations: [(String, String, Bool)] = [
        ("/", "/", true), ("/a", "/", true), ("/a/b/c", "/", true),
        ("/a", "/a", true), ("/a/b", "/a", true), ("/a/b/c", "/a/b", true),
        ("/", "/a", false), ("/a", "/a/b", false), ("/ab", "/a", false), ("/a-b", "/a", false), ("/b", "/a", false),
        ("/A", "/a", false), ("/a/b", "/a/c", false),
    ]

    @Test("an app is at or below a path, or not", arguments: relations)
    func below(app: String, path: String, expected: Bool) throws {
        #expect(try AppPath(parsing: app).isAtOrBelow(AppPath(parsing: path)) == expected)
    }

    @Test("an app path has no name", arguments: ["/a#b", "#", "a", ""])
    func appPath(_ text: String) {
        #expect(throws: SecretaryError.self) { try AppPath(parsing: text) }
    }
}

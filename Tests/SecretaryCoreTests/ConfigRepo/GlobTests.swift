import SecretaryCore
import TestSupport
import Testing

@Suite("Patterns")
struct GlobTests {
    @Test(
        "match whole paths, * within a part, ** over parts",
        arguments: [
            ("prod/**", "prod/web.yml", true), ("prod/**", "prod/shop/web.yml", true), ("prod/**", "prod", false),
            ("prod/**", "production/web.yml", false), ("prod/*", "prod/web.yml", true),
            ("prod/*", "prod/shop/web.yml", false),
            ("prod/**/web.yml", "prod/web.yml", true), ("prod/**/web.yml", "prod/a/b/web.yml", true),
            ("prod/**/web.yml", "prod/a/myweb.yml", false), ("**/web.yml", "web.yml", true),
            ("**/web.yml", "a/web.yml", true),
            ("**", "a/b", true), ("**", "", true), ("*", "", true), ("*", "a/b", false), ("a**b", "a/x/b", true),
            ("a**b", "ab", true), ("?", "x", true), ("?", "/", false), ("?", "é", true), ("?", "", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("web-*.yml", "web-a.yml", true),
            ("web-*.yml", "web-.yml", true),
            ("*.yml", "a.yml", true), ("*.yml", "a.yaml", false), ("prod/web.yml", "prod/web.yml", true),
            ("prod/web.yml", "prod/web.yml2", false), ("***", "a/b", true), ("**/*", "a", true),
            ("a/**/b/**/c", "a/b/c", true),
            ("a/**/b/**/c", "a/x/b/y/z/c", true), ("a/**/b/**/c", "a/x/c", false),
        ])
    func match(pattern: String, path: String, expected: Bool) throws {
        #expect(try Glob(parsing: pattern).matches(path) == expected)
    }

    @Test(
        "of dotted paths have dots between their parts",
        arguments: [
            ("DATABASE_*", "DATABASE_PASSWORD", true), ("DATABASE_*", "MY_DATABASE_PASSWORD", false),
            ("DATABASE_*", "DATABASE_A.b", false), ("tls.key", "tls.key", true), ("*.password", "db.password", true),
            ("*.password", "db.main.password", false), ("**.password", "db.main.password", true),
            ("**.password", "password", true), ("**", "a.b.c", true), ("a/*", "a/b", true),
        ])
    func dotted(pattern: String, path: String, expected: Bool) throws {
        #expect(try Glob(parsing: pattern, separator: ".").matches(path) == expected)
    }

    @Test("do not know what other programs' patterns know", arguments: ["[ab]", "{a,b}", "a\\*", "]"])
    func unsupported(pattern: String) {
        #expect(throws: SecretaryError.self) { try Glob(parsing: pattern) }
    }

    @Test("have a limit, below which nothing takes long", arguments: ["**/", "*?", "a/**/"])
    func long(part: String) throws {
        #expect(throws: SecretaryError.self) { try Glob(parsing: String(repeating: part, count: 300_000)) }
        let glob = try Glob(parsing: String(repeating: part, count: 4096 / part.utf8.count))
        let time = ThreadTime()
        #expect(!glob.matches(String(repeating: "a/", count: 200) + "c"))
        #expect(time.spent < .seconds(5))
    }

    @Test("take no exponential time")
    func time() throws {
        let glob = try Glob(parsing: String(repeating: "*a", count: 30) + "b")
        let time = ThreadTime()
        #expect(!glob.matches(String(repeating: "a", count: 2000)))
        #expect(time.spent < .seconds(5))
    }
}

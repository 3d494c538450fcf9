import SecretaryCore
import Testing

@Suite("What an identity may open")
struct IdentityTests {
    private let keys: TestKeys

    init() throws {
        keys = try TestKeys()
    }

    private func identity(_ app: String?, _ unscoped: UnscopedPolicy = .allow) throws -> Identity {
        Identity(app: try app.map { try AppPath(parsing: $0) }, unscoped: unscoped)
    }

    private static let cases: [(app: String?, scope: String, name: String?, isAllowed: Bool)] = [
        ("/prod/shop/web", "/", nil, true),
        ("/prod/shop/web", "/prod/shop", "ANY", true),
        ("/prod/shop/web", "/prod/shop/web", nil, true),
        ("/prod/shop/web", "/prod/shop/web#PASSWORD", "PASSWORD", true),
        ("/prod/shop/web", "/prod#PASSWORD", "PASSWORD", true),
        ("/prod/shop/web", "/prod/shop/web#PASSWORD", "OTHER", false),
        ("/prod/shop/web", "/prod/shop/web#PASSWORD", "password", false),
        ("/prod/shop/web", "/prod/shop/web#PASSWORD", nil, false),
        ("/prod/shop/web", "/prod/shop/web#PASSWORD", "", false),
        ("/prod/shop/web", "/prod/shop/web/admin", "PASSWORD", false),
        ("/prod/shop/web", "/prod/shop/we", nil, false),
        ("/prod/shop/web", "/staging/shop/web", nil, false),
        ("/", "/prod", nil, false),
        (nil, "/prod/shop/web#PASSWORD", nil, true),
        (nil, "/prod/shop/web#PASSWORD", "OTHER", true),
    ]

    @Test("scoped envelopes open at or below their path, and under their name", arguments: cases)
    func scoped(app: String?, scope: String, name: String?, isAllowed: Bool) throws {
        let envelope = try keys.hpkeSealer.seal([1], scope: Scope(parsing: scope))
        let identity = try identity(app)
        if isAllowed {
            #expect(try identity.check(envelope, name: name) == nil)
        } else {
            let error = #expect(throws: SecretaryError.self) { try identity.check(envelope, name: name) }
            #expect(error?.code == .denied)
            #expect(error?.message.contains(scope) == true)
            #expect(error?.hint != nil)
        }
    }

    @Test("unscoped envelopes follow the policy, whatever their type")
    func unscoped() throws {
        for envelope in [try keys.naclSealer.seal([1]), try keys.hpkeSealer.seal([1])] {
            #expect(try identity("/prod", .allow).check(envelope, name: "KEY") == nil)
            #expect(
                try identity("/prod", .warn).check(envelope, name: "KEY")?.message.hasPrefix("KEY has no scope") == true
            )
            let error = #expect(throws: SecretaryError.self) {
                try identity("/prod", .deny).check(envelope, name: "KEY")
            }
            #expect(error?.code == .denied)
            #expect(throws: SecretaryError.self) { try identity(nil, .deny).check(envelope, name: nil) }
        }
    }

    @Test("a scoped envelope does not care about the policy for unscoped ones")
    func policyIsForUnscoped() throws {
        let envelope = try keys.hpkeSealer.seal([1], scope: Scope(parsing: "/prod"))
        #expect(try identity("/prod", .deny).check(envelope, name: nil) == nil)
    }
}

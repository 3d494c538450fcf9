import SecretaryCore
import TestSupport
import Testing

@testable import secretaryd

/// Keys, and envelopes made with them.
struct GrantKeys {
    let master: PrivateKey
    let config: PrivateKey
    let deploy: PrivateKey

    init() throws {
        master = try PrivateKey.generate()
        config = try PrivateKey.generate()
        deploy = try PrivateKey.generate()
    }

    func sealed(_ text: String, scope: String? = nil) throws -> Envelope {
        let plaintext = try unsafe SecretBytes(count: text.utf8.count) { unsafe $0.copyBytes(from: text.utf8) }
        guard let scope else {
            return try NaClSealer(masterKey: master.publicKey, configKey: config).seal(plaintext, scope: nil)
        }
        return try HPKESealer(masterKey: master.publicKey, configKey: config)
            .seal(plaintext, scope: try Scope(parsing: scope))
    }
}

@Suite("Grants: what a task may have") struct TaskGrantTests {
    private let keys: GrantKeys
    private let app: AppPath

    init() throws {
        keys = try GrantKeys()
        app = try AppPath(parsing: "/prod/shop/web")
    }

    private func grant(
        _ values: [(String, Envelope)], scopes: [String]? = nil, unscoped: UnscopedPolicy = .allow
    ) throws -> TaskGrant {
        var granted = GrantedValues()
        for (name, envelope) in values {
            granted.add(Value(scanning: Array("prefix ".utf8) + envelope.text), named: name)
        }
        let patterns = try scopes?.map { pattern in try ScopePattern(parsing: pattern) }
        return TaskGrant(
            app: app, deployKey: keys.deploy.publicKey, serviceKey: nil, rule: "test", values: granted,
            scopes: patterns.map { .listed($0) } ?? .own, unscoped: unscoped)
    }

    private func denied(_ grant: TaskGrant, _ envelope: Envelope, name: String? = nil) -> Bool {
        let error = #expect(throws: SecretaryError.self) { try grant.check(envelope, name: name) }
        return error?.code == .denied
    }

    @Test("one value under very many names takes linear time")
    func manyNames() throws {
        let value = Value(scanning: try keys.sealed("own").text)
        var granted = GrantedValues()
        let time = ThreadTime()
        for number in 0..<50_000 { granted.add(value, named: "NAME_\(number)") }
        #expect(time.spent < .seconds(20))
        #expect(granted.names(of: try #require(value.envelopes.first))?.count == 50_000)
    }

    @Test("a value without a scope has to stand in the configuration of the task")
    func values() throws {
        let (own, other) = (try keys.sealed("own"), try keys.sealed("other"))
        let grant = try grant([("PASSWORD", own)])
        #expect(try grant.check(own, name: nil) == TaskGrant.Permission(rule: "test: value", warning: nil))
        #expect(try grant.check(own, name: "OTHER_NAME").warning == nil)
        #expect(denied(grant, other))
        #expect(denied(grant, other, name: "PASSWORD"))
    }

    @Test("the confused deputy: closed under deny, reported under warn")
    func unscoped() throws {
        // Somebody has copied another team's value into the configuration of this app.
        let copied = try keys.sealed("another team's")
        #expect(denied(try grant([("TITLE", copied)], unscoped: .deny), copied))
        let warning = try grant([("TITLE", copied)], unscoped: .warn).check(copied, name: nil).warning
        #expect(warning?.message.contains("TITLE has no scope") == true)
        #expect(try grant([("TITLE", copied)], unscoped: .allow).check(copied, name: nil).warning == nil)
    }

    @Test("a scope counts wherever the envelope stands: at or above the app, under its name")
    func scopes() throws {
        for scope in ["/", "/prod", "/prod/shop", "/prod/shop/web"] {
            let envelope = try keys.sealed("x", scope: scope)
            #expect(try grant([]).check(envelope, name: nil).rule == "test: scope \(scope)")
        }
        for scope in ["/prod/shop/webshop", "/prod/shop/web/x", "/prod/bank", "/test/shop/web"] {
            let envelope = try keys.sealed("x", scope: scope)
            #expect(denied(try grant([("COPY", envelope)]), envelope))
            #expect(denied(try grant([("COPY", envelope)]), envelope, name: "COPY"))
        }
    }

    @Test("a scope with a name: the name that the client says, else those that it stands under")
    func names() throws {
        let envelope = try keys.sealed("x", scope: "/prod/shop/web#PASSWORD")
        #expect(try grant([]).check(envelope, name: "PASSWORD").rule == "test: scope /prod/shop/web")
        #expect(denied(try grant([]), envelope))
        #expect(denied(try grant([]), envelope, name: "TITLE"))
        #expect(try grant([("PASSWORD", envelope)]).check(envelope, name: nil).warning == nil)
        #expect(denied(try grant([("TITLE", envelope)]), envelope))
        #expect(denied(try grant([("PASSWORD", envelope)]), envelope, name: "TITLE"))
        let both = try grant([("TITLE", envelope), ("PASSWORD", envelope)])
        #expect(try both.check(envelope, name: nil).warning == nil)
    }

    @Test("listed scopes are those and no others")
    func listed() throws {
        let grant = try grant([], scopes: ["/prod/shared#SMTP_*", "/prod/db/*"])
        #expect(
            try grant.check(keys.sealed("x", scope: "/prod/shared#SMTP_HOST"), name: "SMTP_HOST").rule
                == "test: scope /prod/shared#SMTP_*")
        #expect(denied(grant, try keys.sealed("x", scope: "/prod/shared#SMTP_HOST"), name: "HOST"))
        #expect(denied(grant, try keys.sealed("x", scope: "/prod/shared#LDAP_HOST"), name: "LDAP_HOST"))
        #expect(denied(grant, try keys.sealed("x", scope: "/prod/shared"), name: "SMTP_HOST"))
        #expect(try grant.check(keys.sealed("x", scope: "/prod/db/main"), name: nil).warning == nil)
        #expect(denied(grant, try keys.sealed("x", scope: "/prod/db/main/replica")))
        #expect(denied(grant, try keys.sealed("x", scope: "/prod/shop/web")))
    }
}

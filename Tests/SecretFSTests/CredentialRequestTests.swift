import Testing

@testable import SecretFS

@Suite("Requests for credentials") struct CredentialRequestTests {
    private func request(_ text: String) -> CredentialRequest? { CredentialRequest(peer: Array(text.utf8)) }

    @Test(
        "the name of the other end says unit and credential; the view is the unit's, without kind and instance",
        arguments: [
            ("web.service", "password", "web"), ("web@blue.service", "a.b", "web"), ("a.b.socket", "x", "a.b"),
            ("run-web.mount", "x", "run-web"), ("web@a.b.service", "x", "web"), ("odd", "x", "odd"),
        ])
    func understood(_ unit: String, _ name: String, _ view: String) throws {
        let asked = try #require(request("\0deadbeef01234567/unit/\(unit)/\(name)"))
        #expect(asked.unit == unit && asked.credential == name && asked.view == view)
        #expect("\(asked)" == "\(unit)/\(name)")
    }

    @Test(
        "anything else is no request",
        arguments: [
            "", "\0", "/run/x", "deadbeef/unit/web.service/password", "\0a/unit/web.service", "\0a/unit//password",
            "\0a/unit/web.service/", "\0a/unit/web.service/a/b", "\0a/user/web.service/password",
            "\0a/unit/../password", "\0a/unit/web.service/..", "\0a/unit/web\n.service/password",
            "\0a/unit/wéb.service/password", "\0a/unit/web.service/pass\0word",
        ])
    func refused(_ name: String) { #expect(request(name) == nil) }

    @Test("what is not UTF-8 is no request")
    func notText() { #expect(CredentialRequest(peer: [0, 0xFF] + Array("/unit/a/b".utf8)) == nil) }
}

import SecretaryRemote
import Testing

@Suite struct `HTTP` {
    @Test func `methods are spelt as in RFC 9110`() {
        #expect(HTTPMethod.put.rawValue == "PUT")
    }
}

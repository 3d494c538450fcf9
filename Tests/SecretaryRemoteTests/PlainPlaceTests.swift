@testable import SecretaryRemote
import Testing

@Suite struct `Addresses without a name server` {
    @Test(arguments: ["127.0.0.1", "127.0.0.1:5070", "localhost:1", "[::1]", "[::1]:65535", "[fe80::1]:80"])
    func `numbers are addresses`(_ authority: String) {
        #expect(PlainPlace(authority: Substring(authority)) != nil)
    }

    @Test(arguments: [
        "", "example.com", "secretary:5070", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "::1",
        "[::1",
        "[::1]5070", "[127.0.0.1]:80x", "1.2.3", "localhost.:80",
    ])
    func `names and mistakes are left to libcurl`(_ authority: String) {
        #expect(PlainPlace(authority: Substring(authority)) == nil)
    }

    @Test func `the path of a Unix socket has to fit`() {
        #expect(PlainPlace(socket: "/" + String(repeating: "s", count: 106)) != nil)
        #expect(PlainPlace(socket: "/" + String(repeating: "s", count: 107)) == nil)
    }
}

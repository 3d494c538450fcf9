import Foundation
@testable import SecretaryCore
import Testing

@Suite("Base64 of ciphertext")
struct Base64Tests {
    @Test("agrees with Foundation at every length", arguments: 0..<70)
    func roundTrip(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 251) }
        let text = Base64.encode(bytes)
        #expect(String(decoding: text, as: UTF8.self) == Data(bytes).base64EncodedString())
        #expect(decode(text) == bytes)
    }

    @Test("every byte value survives")
    func allBytes() {
        let bytes = (0...255).map(UInt8.init)
        #expect(decode(Base64.encode(bytes)) == bytes)
    }

    @Test("white space of Go's \\s is skipped, even between padding")
    func whiteSpace() {
        #expect(decode("Y Q\t=\n=\r\u{0C}") == Array("a".utf8))
        #expect(decode("YQ\u{0B}==") == nil)
    }

    @Test(
        "wrong padding and foreign characters are refused",
        arguments: [
            "YQ", "YQ=", "YQ===", "Y===", "Y", "=", "====", "YQ==YQ==", "YQ=a", "YWE", "Y-Q=", "YQ=\0", "ä===",
        ])
    func refused(_ text: String) {
        #expect(decode(text) == nil)
    }

    @Test("spare bits may be set, as Go allows")
    func spareBits() {
        #expect(decode("YR==") == Array("a".utf8))
        #expect(decode("YWF=") == Array("aa".utf8))
    }

    private func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    private func decode(_ text: [UInt8]) -> [UInt8]? {
        unsafe text.withOctets { unsafe Base64.decode($0) }
    }
}

@testable import SecretaryCore
import Testing
import TestSupport

@Suite("Finding envelopes in text")
struct EnvelopeScannerTests {
    private static let texts: [(String, [String])] = [
        ("", []),
        ("no envelope", []),
        ("ENC[NACL,abcd]", ["ENC[NACL,abcd]"]),
        ("xENC[KMS,abcd]y", ["ENC[KMS,abcd]"]),
        ("ENC[HPKE,ab cd]ENC[NACL,e]", ["ENC[HPKE,ab cd]", "ENC[NACL,e]"]),
        ("ENC[NACL,a\tb\nc\rd\u{0C}]", ["ENC[NACL,a\tb\nc\rd\u{0C}]"]),
        ("ENC[NACL,a\u{0B}b]", []),
        ("ENC[NACL,]", []),
        ("ENC[NACL, ]", ["ENC[NACL, ]"]),
        ("ENC[NACL,abcd", []),
        ("ENC[ACL,abcd]", []),
        ("ENC[NACLabcd]", []),
        ("enc[nacl,abcd]", []),
        ("ENC[NACL,!!!]", []),
        ("ENC[ENC[NACL,abcd]", ["ENC[NACL,abcd]"]),
        ("ENC[NACL,abENC[NACL,abcd]", ["ENC[NACL,abcd]"]),
        ("ENC[NACL,ENC[KMS,ENC[HPKE,abcd]]]", ["ENC[HPKE,abcd]"]),
        ("ENC[KENC[KMS,abcd]", ["ENC[KMS,abcd]"]),
        ("ENC[NACL,[ENC[NACL,x]", ["ENC[NACL,x]"]),
        ("ENCENC[NACL,abcd]", ["ENC[NACL,abcd]"]),
        ("ENC[NACL,ä]ENC[NACL,abcd]", ["ENC[NACL,abcd]"]),
        ("ENC[HPKE", []), ("ENC[", []), ("ENC", []), ("[", []),
    ]

    @Test("finds what the grammar says", arguments: texts)
    func finds(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        let found = EnvelopeScanner.ranges(bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(found == expected)
        #expect(EnvelopeScanner.ranges(bytes) == ReferenceScanner.ranges(bytes))
    }

    @Test("finds the same in pieces of any size", arguments: texts.map(\.0), 1...12)
    func pieces(text: String, count: Int) {
        let bytes = Array(text.utf8)
        #expect(EnvelopeScanner.ranges(bytes, pieces: { count }) == ReferenceScanner.ranges(bytes))
    }

    @Test(
        "takes linear time on what only looks like envelopes",
        arguments: [
            "ENC[NACL,", "ENC[", "[", "ENC[NACL,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "E", "ENC[HPKE,E",
        ])
    func linear(_ piece: String) {
        // Looking again from every start would take 10^11 steps.
        let bytes = Array(String(repeating: piece, count: 1 << 17).utf8)
        let time = ThreadTime()
        #expect(EnvelopeScanner.ranges(bytes).isEmpty)
        #expect(time.spent < .seconds(60))
    }

    @Test("an envelope that arrives byte by byte is looked at once")
    func byteByByte() {
        let bytes = Array("ENC[NACL,".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 18) + Array("]".utf8)
        let time = ThreadTime()
        unsafe bytes.withOctets { bytes in
            var scanner = EnvelopeScanner()
            let early = (0..<bytes.count).compactMap { count in
                unsafe scanner.next(in: bytes.part(0, count), isComplete: false)
            }
            #expect(early.isEmpty)
            let match = unsafe scanner.next(in: bytes, isComplete: false)
            #expect(match?.range == 0..<bytes.count)
        }
        #expect(time.spent < .seconds(60))
    }
}

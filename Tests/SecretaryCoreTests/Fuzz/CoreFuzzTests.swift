@testable import SecretaryCore
import Testing
import TestSupport

/// Random input for every parser of keys and envelopes.
///
/// A trap ends the run, so the seed is printed before.
@Suite("Fuzzing keys and envelopes", .serialized)
struct CoreFuzzTests {
    private static let envelopes = (EnvelopeVectors.nacl.cases + EnvelopeVectors.hpke.cases).map(\.text)
        .filter { $0.count < 2000 }
    private static let kmsEnvelopes = KMSVector.all.map { Array($0.envelope.utf8) }.filter { $0.count < 2000 }
    private static let texts =
        envelopes + kmsEnvelopes + [
            Array("ENC[NACL,ENC[KMS,ENC[HPKE,abcd]]] ENC[ ENC".utf8),
            Array("a: ENC[NACL,YWJj\n ZGVm]\r\nb: [1, 2]\n".utf8),
        ]

    private struct Difference: Error {
        let what: String
    }

    private static func require(_ condition: Bool, _ what: String) throws {
        if !condition { throw Difference(what: what) }
    }

    @Test("the scanner finds what the plainest reading of the grammar finds, in one piece or in many")
    func scanner() throws {
        var sizes = Fuzz.Random(state: 1)
        try Fuzz.run(seeds: CoreFuzzTests.texts) { text in
            let expected = ReferenceScanner.ranges(text)
            try CoreFuzzTests.require(EnvelopeScanner.ranges(text) == expected, "in one piece")
            let pieces = EnvelopeScanner.ranges(text) { Int.random(in: 1...64, using: &sizes) }
            try CoreFuzzTests.require(pieces == expected, "in pieces")
        }
    }

    @Test("a value keeps every byte that is not an envelope")
    func value() throws {
        try Fuzz.run(seeds: CoreFuzzTests.texts) { text in
            let value = Value(scanning: text)
            let ranges = ReferenceScanner.ranges(text)
            let literal = value.pieces.reduce(0) { if case .literal(let bytes) = $1 { $0 + bytes.count } else { $0 } }
            try CoreFuzzTests.require(literal == text.count - ranges.reduce(0) { $0 + $1.count }, "literal bytes")
            try CoreFuzzTests.require(
                value.pieces.count { if case .literal = $0 { false } else { true } } == ranges.count, "envelopes")
            for envelope in value.envelopes {
                try CoreFuzzTests.require(envelope.plaintextCount >= 0, "size")
                try CoreFuzzTests.require(Value(scanning: envelope.text).envelopes == [envelope], "text")
            }
        }
    }

    @Test("payloads of every type are read or refused, and none opens that was not sealed")
    func payloads() throws {
        let vectors = EnvelopeVectors.hpke
        let decryptor = try vectors.decryptor()
        let sealed = Set(vectors.cases.filter { $0.expect == "ok" }.flatMap { Value(scanning: $0.text).envelopes })
        let seeds = CoreFuzzTests.texts.flatMap { Value(scanning: $0).envelopes.map(\.payload) }
        try Fuzz.run(seeds: seeds) { payload in
            for kind in Envelope.Kind.allCases {
                guard let envelope = try? Envelope(kind: kind, payload: payload) else { continue }
                try CoreFuzzTests.require(envelope.payload == payload, "payload")
                guard (try? decryptor.open(envelope)) != nil else { continue }
                try CoreFuzzTests.require(sealed.contains(envelope), "opened what was not sealed")
            }
        }
    }

    @Test("HPKE payloads give back their fields")
    func hpke() throws {
        let seeds = EnvelopeVectors.hpke.cases.flatMap { Value(scanning: $0.text).envelopes.map(\.payload) }
        try Fuzz.run(seeds: seeds) { payload in
            guard let envelope = try? HPKEEnvelope(payload: payload) else { return }
            let header = HPKEEnvelope.header(
                recipient: envelope.recipient, sender: envelope.sender, scope: envelope.scope)
            try CoreFuzzTests.require(header.elementsEqual(envelope.header), "header")
            try CoreFuzzTests.require(
                header + envelope.encapsulatedKey + envelope.ciphertext == payload, "fields")
        }
    }

    @Test("a gob that is read is written again with the same fields")
    func gob() throws {
        let seeds = CoreFuzzTests.kmsEnvelopes.flatMap { Value(scanning: $0).envelopes.map(\.payload) }
        try Fuzz.run(seeds: seeds) { bytes in
            guard let fields = try? KMSGob.decode(bytes) else { return }
            try CoreFuzzTests.require(fields.nonce.count == 24, "nonce")
            try CoreFuzzTests.require(try KMSGob.decode(KMSGob.encode(fields)) == fields, "fields")
        }
    }

    @Test("key texts are read or refused, and never shown")
    func keyTexts() throws {
        let seeds = EnvelopeVectors.nacl.keys.values.flatMap { pem in
            [Array(pem.utf8), Array(pem.split(separator: "\n")[1].utf8), Array("Comment: x\n\n\(pem)".utf8)]
        }
        try Fuzz.run(seeds: seeds.sorted { $0.lexicographicallyPrecedes($1) }) { text in
            if let key = try? PublicKey(text: text) {
                try CoreFuzzTests.require(try PublicKey(text: key.pem) == key, "public key")
            }
            do {
                let key = try PrivateKey.reading(text)
                try CoreFuzzTests.require(try PrivateKey.reading(key.text).id == key.id, "private key")
            } catch let error as SecretaryError {
                try CoreFuzzTests.require(error.message.utf8.count < 120, "message")
            }
        }
    }

    @Test("base64 that is read has the bytes that it stands for")
    func base64() throws {
        try Fuzz.run(seeds: [Array("YWJj".utf8), Array("YQ==\n".utf8), Array("a b\tc\r\nd====".utf8)]) { text in
            let decoded = unsafe text.withOctets { unsafe Base64.decode($0) }
            let packed = text.filter { ![0x20, 0x09, 0x0A, 0x0C, 0x0D].contains($0) }
            guard let decoded else {
                let alphabet = packed.allSatisfy { ReferenceScanner.isBase64($0) }
                let padding = packed.reversed().prefix { $0 == 0x3D }.count
                let isValid =
                    alphabet && packed.count % 4 == 0 && padding <= 2
                    && !packed.dropLast(padding).contains(0x3D)
                return try CoreFuzzTests.require(!isValid, "refused what is valid")
            }
            let again = Base64.encode(decoded)
            try CoreFuzzTests.require(again.count == packed.count, "length")
            // Spare bits of the last character are not kept.
            try CoreFuzzTests.require(again.dropLast(3).elementsEqual(packed.dropLast(3)), "characters")
        }
    }

    @Test("scopes that are read are written again as they were")
    func scopes() throws {
        let seeds = ["/", "/prod/shop/web#DATABASE_PASSWORD", "/prod/über#NÄME", "/a/../b", "/a#", "#"].map {
            Array($0.utf8)
        }
        try Fuzz.run(seeds: seeds) { bytes in
            guard let scope = try? Scope(bytes: bytes) else { return }
            try CoreFuzzTests.require(scope.bytes == bytes, "bytes")
            try CoreFuzzTests.require(Array(scope.description.utf8) == bytes, "description")
            try CoreFuzzTests.require(scope.path.isAtOrBelow(scope.path), "its own path")
        }
    }
}

@testable import SecretaryCore
import Testing

@Suite("The gob encoding in KMS envelopes")
struct KMSGobTests {
    @Test("writes the bytes that the original writes", arguments: KMSVector.all)
    func writes(_ vector: KMSVector) throws {
        let envelope = try #require(Value(vector.envelope).envelopes.first)
        let fields = try KMSGob.decode(envelope.payload)
        #expect(fields.encryptedDataKey == Array(vector.encryptedDataKey))
        #expect(KMSGob.encode(fields) == envelope.payload)
    }

    private static let writtenNumbers: [(UInt64, [UInt8])] = [
        (0, [0x00]), (127, [0x7F]), (128, [0xFF, 0x80]), (255, [0xFF, 0xFF]), (256, [0xFE, 0x01, 0x00]),
        (65536, [0xFD, 0x01, 0x00, 0x00]), (.max, [0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
    ]

    @Test("numbers are written as Go writes them", arguments: writtenNumbers)
    func numbers(value: UInt64, bytes: [UInt8]) throws {
        var writer = GobWriter()
        writer.uint(value)
        #expect(writer.bytes == bytes)
        var reader = GobReader(bytes[...])
        #expect(try reader.uint() == value)
        #expect(reader.isAtEnd)
    }

    @Test("signed numbers keep their sign", arguments: [0, 1, -1, 24, -65, -66, .max, .min] as [Int64])
    func signed(_ value: Int64) throws {
        var writer = GobWriter()
        writer.int(value)
        var reader = GobReader(writer.bytes[...])
        #expect(try reader.int() == value)
    }

    private static let fields = KMSGob.Fields(
        encryptedDataKey: Array(0..<100), nonce: Array(100..<124), message: Array(200..<240))

    @Test("reads types that another program would number otherwise")
    func otherTypeNumbers() throws {
        // A program that used gob before has given away 65 and 66: 69 (0x8A / 0x89) and 70 (0x8C / 0x8B).
        var bytes = KMSGob.encode(KMSGobTests.fields)
        for index in bytes.indices.dropLast() where bytes[index] == 0xFF {
            let renumbered: [UInt8: UInt8] = [0x81: 0x89, 0x82: 0x8A, 0x83: 0x8B, 0x84: 0x8C]
            if index < 100, let number = renumbered[bytes[index + 1]] { bytes[index + 1] = number }
        }
        #expect(bytes != KMSGob.encode(KMSGobTests.fields))
        #expect(try KMSGob.decode(bytes) == KMSGobTests.fields)
    }

    @Test("every prefix of a gob is malformed")
    func truncated() {
        let bytes = KMSGob.encode(KMSGobTests.fields)
        for count in bytes.indices {
            let error = #expect(throws: SecretaryError.self) { try KMSGob.decode(Array(bytes[..<count])) }
            #expect(error?.code == .malformed)
        }
    }

    @Test("bytes after the value are malformed")
    func trailing() {
        #expect(throws: SecretaryError.self) { try KMSGob.decode(KMSGob.encode(KMSGobTests.fields) + [0]) }
    }

    @Test(
        "lengths far beyond the input are refused without allocating",
        arguments: [
            [0xF8, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x80, 1, 2, 3], [0xF0, 1], [],
        ] as [[UInt8]])
    func hugeLengths(_ bytes: [UInt8]) {
        #expect(throws: SecretaryError.self) { try KMSGob.decode(bytes) }
    }
}

import SecretaryCore
import Testing

/// Stands in for KMS: knows which data key belongs to which encrypted one.
struct TableDataKeyService: DataKeyService {
    var keys: [[UInt8]: [UInt8]] = [:]

    func generateDataKey(keyID: String, scope: Scope?) throws(SecretaryError) -> DataKey {
        guard let (encrypted, plaintext) = keys.first else { throw SecretaryError(.unavailable, "no data key") }
        return DataKey(plaintext: try SecretBytes(plaintext), encrypted: encrypted)
    }

    func decryptDataKey(_ encrypted: [UInt8], scope: Scope?) throws(SecretaryError) -> SecretBytes {
        guard let key = keys[encrypted] else { throw SecretaryError(.denied, "not a data key of this service") }
        return try SecretBytes(key)
    }

    init(_ vector: KMSVector) {
        keys = [Array(vector.encryptedDataKey): Array(vector.dataKey)]
    }
}

@Suite("KMS vectors of the original program")
struct KMSVectorTests {
    @Test("opens", arguments: KMSVector.all)
    func opens(_ vector: KMSVector) throws {
        let envelope = try #require(Value(vector.envelope).envelopes.first)
        let decryptor = LocalDecryptor(keys: KeyRing(), service: TableDataKeyService(vector))
        #expect(envelope.plaintextCount == vector.plaintext.count)
        #expect(decryptor.canOpen(envelope))
        #expect(try decryptor.open(envelope) == Array(vector.plaintext))
        #expect(envelope.text == Array(vector.envelope.utf8))
    }

    @Test("without a key service the error says so")
    func unavailable() throws {
        let vector = try #require(KMSVector.all.first)
        let envelope = try #require(Value(vector.envelope).envelopes.first)
        let decryptor = LocalDecryptor(keys: KeyRing())
        #expect(!decryptor.canOpen(envelope))
        let error = #expect(throws: SecretaryError.self) { try decryptor.open(envelope) }
        #expect(error?.code == .unavailable)
    }

    @Test("what is sealed opens again", arguments: KMSVector.all)
    func roundTrip(_ vector: KMSVector) throws {
        let service = TableDataKeyService(vector)
        let sealed = try KMSSealer(service: service, keyID: "alias/test").seal(Array(vector.plaintext))
        let read = try #require(Value(scanning: sealed.text).envelopes.first)
        #expect(read == sealed)
        #expect(try LocalDecryptor(keys: KeyRing(), service: service).open(read) == Array(vector.plaintext))
    }

    @Test(
        "a scope goes beside the original's fields, and without one its bytes are as they were",
        arguments: KMSVector.all)
    func scope(_ vector: KMSVector) throws {
        let service = TableDataKeyService(vector)
        let scope = try Scope(parsing: "/prod/shop/web#DATABASE_PASSWORD")
        let sealed = try KMSSealer(service: service, keyID: "alias/test").seal(Array(vector.plaintext), scope: scope)
        let read = try #require(Value(scanning: sealed.text).envelopes.first)
        #expect(read == sealed)
        #expect(read.scope == scope)
        #expect(try LocalDecryptor(keys: KeyRing(), service: service).open(read) == Array(vector.plaintext))
        let original = try #require(Value(vector.envelope).envelopes.first)
        #expect(original.scope == nil)
    }

    @Test("there are the expected cases")
    func count() {
        #expect(KMSVector.all.count == 8)
    }
}

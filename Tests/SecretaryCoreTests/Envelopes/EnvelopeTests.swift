import SecretaryCore
import Testing

@Suite("Envelopes")
struct EnvelopeTests {
    @Test(
        "plaintext of every size opens again, and its size is known before", arguments: [0, 1, 15, 16, 17, 100, 65_537])
    func roundTrip(count: Int) throws {
        let keys = try TestKeys()
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let service = GeneratedDataKeyService()
        let sealers: [any Sealer] = [
            try keys.naclSealer, try keys.hpkeSealer, KMSSealer(service: service, keyID: "alias/test"),
        ]
        let decryptor = LocalDecryptor(
            keys: KeyRing(masterKeys: [keys.master], configKeys: [keys.config.publicKey]), service: service)
        for sealer in sealers {
            let envelope = try sealer.seal(plaintext)
            #expect(envelope.plaintextCount == count)
            #expect(try decryptor.open(envelope) == plaintext)
            #expect(Value(scanning: envelope.text).envelopes == [envelope])
            #expect(Value(scanning: envelope.wrappedText).envelopes == [envelope])
        }
    }

    @Test("the same plaintext never seals to the same envelope")
    func fresh() throws {
        let keys = try TestKeys()
        let plaintext = Array("hunter2".utf8)
        let envelopes = try (0..<50).flatMap { _ in
            [try keys.naclSealer.seal(plaintext), try keys.hpkeSealer.seal(plaintext)]
        }
        #expect(Set(envelopes).count == 100)
        #expect(Set(envelopes.map(\.digest)).count == 100)
    }

    @Test("only HPKE carries a scope")
    func scopes() throws {
        let keys = try TestKeys()
        let scope = try Scope(parsing: "/prod/shop#NAME")
        #expect(try keys.hpkeSealer.seal([1], scope: scope).scope == scope)
        #expect(try keys.hpkeSealer.seal([1]).scope == nil)
        let error = #expect(throws: SecretaryError.self) { try keys.naclSealer.seal([1], scope: scope) }
        #expect(error?.code == .usage)
    }

    @Test("who wrote a NACL envelope can open it, who wrote an HPKE envelope cannot")
    func writers() throws {
        let keys = try TestKeys()
        // The writer has the config private key and the master public key.
        let writer = LocalDecryptor(keys: KeyRing(masterKeys: [keys.config], configKeys: [keys.master.publicKey]))
        #expect(try writer.open(keys.naclSealer.seal([1, 2, 3])) == [1, 2, 3])
        let envelope = try keys.hpkeSealer.seal([1, 2, 3])
        #expect(throws: SecretaryError.self) { try writer.open(envelope) }
    }

    @Test("changing any bit of any byte makes it fail")
    func tampered() throws {
        let keys = try TestKeys()
        let service = GeneratedDataKeyService()
        let decryptor = LocalDecryptor(
            keys: KeyRing(masterKeys: [keys.master], configKeys: [keys.config.publicKey]), service: service)
        let scope = try Scope(parsing: "/prod/shop/web#DATABASE_PASSWORD")
        let envelopes = [
            try keys.naclSealer.seal(Array("hunter2".utf8)),
            try keys.hpkeSealer.seal(Array("hunter2".utf8), scope: scope),
            try KMSSealer(service: service, keyID: "alias/test").seal(Array("hunter2".utf8)),
            try KMSSealer(service: service, keyID: "alias/test").seal(Array("hunter2".utf8), scope: scope),
        ]
        for envelope in envelopes {
            for index in envelope.payload.indices {
                for bit in 0..<8 {
                    var payload = envelope.payload
                    payload[index] ^= 1 << bit
                    let error = #expect(throws: SecretaryError.self, "\(envelope.kind) byte \(index) bit \(bit)") {
                        try decryptor.open(Envelope(kind: envelope.kind, payload: payload))
                    }
                    #expect([.malformed, .wrongKey, .denied].contains(error?.code))
                }
            }
        }
    }

    @Test("every shorter or longer payload fails")
    func lengths() throws {
        let keys = try TestKeys()
        for envelope in [try keys.naclSealer.seal([1, 2, 3]), try keys.hpkeSealer.seal([1, 2, 3])] {
            for count in 0..<envelope.payload.count {
                #expect(throws: SecretaryError.self) {
                    try keys.decryptor.open(Envelope(kind: envelope.kind, payload: Array(envelope.payload[..<count])))
                }
            }
            #expect(throws: SecretaryError.self) {
                try keys.decryptor.open(Envelope(kind: envelope.kind, payload: envelope.payload + [0]))
            }
        }
    }

    @Test("a payload of one type is not accepted as another")
    func otherType() throws {
        let keys = try TestKeys()
        let nacl = try keys.naclSealer.seal(Array(repeating: 1, count: 200))
        for kind in [Envelope.Kind.kms, .hpke] {
            #expect(throws: SecretaryError.self) {
                try keys.decryptor.open(Envelope(kind: kind, payload: nacl.payload))
            }
        }
    }

    @Test("more than 16 MiB of plaintext is refused before any key is used")
    func tooLarge() throws {
        let largest = SecretBytes.maximumCount
        let payload = [UInt8](repeating: 0, count: 24 + 16 + largest)
        #expect(try Envelope(kind: .nacl, payload: payload).plaintextCount == largest)
        let error = #expect(throws: SecretaryError.self) { try Envelope(kind: .nacl, payload: payload + [0]) }
        #expect(error?.message == "malformed NACL envelope: its plaintext is larger than 16 MiB")
        let keys = try TestKeys()
        let sealers: [any Sealer] = [
            try keys.naclSealer, try keys.hpkeSealer, KMSSealer(service: GeneratedDataKeyService(), keyID: ""),
        ]
        let tooMuch = try SecretBytes(count: largest + 1)
        for sealer in sealers {
            let error = #expect(throws: SecretaryError.self) { try sealer.seal(tooMuch, scope: nil) }
            #expect(error?.message == "a secret has at most 16 MiB")
        }
    }
}

/// Stands in for KMS: an encrypted data key is the data key with every bit turned, and a checksum of it and the scope.
struct GeneratedDataKeyService: DataKeyService {
    func generateDataKey(keyID: String, scope: Scope?) throws(SecretaryError) -> DataKey {
        let key = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        let encrypted = key.map { ~$0 }
        return DataKey(plaintext: try SecretBytes(key), encrypted: encrypted + checksum(encrypted, scope))
    }

    func decryptDataKey(_ encrypted: [UInt8], scope: Scope?) throws(SecretaryError) -> SecretBytes {
        let key = Array(encrypted.prefix(32))
        guard encrypted.count == 40, Array(encrypted.suffix(8)) == checksum(key, scope) else {
            throw SecretaryError(.denied, "not a data key of this service")
        }
        return try SecretBytes(key.map { ~$0 })
    }

    private func checksum(_ bytes: [UInt8], _ scope: Scope?) -> [UInt8] {
        let sum = (bytes + Array((scope?.description ?? "").utf8)).reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }
}

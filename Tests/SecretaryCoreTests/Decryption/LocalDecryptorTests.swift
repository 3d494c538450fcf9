import SecretaryCore
import Testing

@Suite("Opening with local keys")
struct LocalDecryptorTests {
    @Test("several master and config keys can be live at once")
    func rotation() throws {
        let (old, new) = (try TestKeys(), try TestKeys())
        let decryptor = LocalDecryptor(
            keys: KeyRing(
                masterKeys: [old.master, new.master], configKeys: [old.config.publicKey, new.config.publicKey]))
        for master in [old.master, new.master] {
            for config in [old.config, new.config] {
                let nacl = try NaClSealer(masterKey: master.publicKey, configKey: config).seal([1, 2])
                let hpke = try HPKESealer(masterKey: master.publicKey, configKey: config).seal([3, 4])
                #expect(try decryptor.open(nacl) == [1, 2])
                #expect(try decryptor.open(hpke) == [3, 4])
                #expect(decryptor.canOpen(nacl) && decryptor.canOpen(hpke))
            }
        }
    }

    @Test("each reason for failing has its own message")
    func reasons() throws {
        let (keys, stranger) = (try TestKeys(), try TestKeys())
        func reason(_ envelope: Envelope, _ decryptor: LocalDecryptor) -> String? {
            #expect(!decryptor.canOpen(envelope))
            return #expect(throws: SecretaryError.self) { try decryptor.open(envelope) }?.message
        }
        let known = "there is \(keys.master.id)"
        let toStranger = try HPKESealer(masterKey: stranger.master.publicKey, configKey: keys.config).seal([1])
        #expect(reason(toStranger, keys.decryptor) == "unknown master key \(stranger.master.id): \(known)")
        let fromStranger = try HPKESealer(masterKey: keys.master.publicKey, configKey: stranger.config).seal([1])
        #expect(
            reason(fromStranger, keys.decryptor)
                == "unknown config key \(stranger.config.id): there is \(keys.config.id)")
        #expect(reason(try stranger.naclSealer.seal([1]), keys.decryptor) == "authentication failed")
        let empty = LocalDecryptor(keys: KeyRing())
        #expect(
            reason(try keys.naclSealer.seal([1]), empty)
                == "a NACL envelope needs a master private key and a config public key, and there is none")
        #expect(reason(try keys.hpkeSealer.seal([1]), empty) == "unknown master key \(keys.master.id): there is none")
    }

    @Test("a failed attempt leaves nothing in the target")
    func targetUntouched() throws {
        let (keys, stranger) = (try TestKeys(), try TestKeys())
        let plaintext = Array("hunter2 hunter2 hunter2 hunter2".utf8)
        for envelope in [try stranger.naclSealer.seal(plaintext), try keys.hpkeSealer.seal(plaintext)] {
            var payload = envelope.payload
            payload[payload.count - 1] ^= 1
            let tampered = try Envelope(kind: envelope.kind, payload: payload)
            var target = [UInt8](repeating: 0, count: plaintext.count)
            #expect(throws: SecretaryError.self) {
                try unsafe target.withUnsafeMutableBytes {
                    try unsafe keys.decryptor.open(tampered, name: nil, into: $0)
                }
            }
            #expect(target == [UInt8](repeating: 0, count: plaintext.count))
        }
    }

    @Test(
        "keys of low order are refused when sealing and when opening",
        arguments: [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
        ])
    func lowOrder(_ bytes: [UInt8]) throws {
        let keys = try TestKeys()
        let weak = try PublicKey(bytes: bytes)
        let sealing = #expect(throws: SecretaryError.self) { try NaClSealer(masterKey: weak, configKey: keys.config) }
        #expect(sealing?.message.hasPrefix("authentication failed") == true)
        #expect(throws: SecretaryError.self) { try HPKESealer(masterKey: weak, configKey: keys.config) }
        let decryptor = LocalDecryptor(keys: KeyRing(masterKeys: [keys.master], configKeys: [weak]))
        let envelope = try keys.naclSealer.seal([1])
        #expect(throws: SecretaryError.self) { try decryptor.open(envelope) }
        #expect(!decryptor.canOpen(envelope))
    }

    @Test("opens from many threads at once")
    func concurrent() async throws {
        let keys = try TestKeys()
        let decryptor = keys.decryptor
        let envelopes = try (0..<40).map { number in
            let sealer: any Sealer = number % 2 == 0 ? try keys.naclSealer : try keys.hpkeSealer
            return try sealer.seal([UInt8](repeating: UInt8(number), count: number))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for (number, envelope) in envelopes.enumerated() {
                        let plaintext = try decryptor.open(envelope)
                        #expect(plaintext == [UInt8](repeating: UInt8(number), count: number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

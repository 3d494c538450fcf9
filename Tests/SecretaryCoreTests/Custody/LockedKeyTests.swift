@testable import SecretaryCore
import Testing

@Suite("A key under a passphrase") struct LockedKeyTests {
    /// The least that Argon2 can do: tests are not attacked.
    static let cheap = LockedKey.Cost(passes: 1, memory: 8)

    private let key: PrivateKey

    init() throws {
        key = try PrivateKey.generate()
    }

    private func lock(_ passphrase: String, _ cost: LockedKey.Cost = cheap) throws -> LockedKey {
        try LockedKey.lock(key, passphrase: SecretBytes(Array(passphrase.utf8)), cost: cost)
    }

    private func unlock(_ locked: LockedKey, _ passphrase: String) throws -> PrivateKey {
        try locked.unlock(passphrase: SecretBytes(Array(passphrase.utf8)))
    }

    @Test("the passphrase opens it, by its text; another does not")
    func opens() throws {
        let text = try lock("correct horse battery").text
        let locked = try LockedKey(text: text)
        #expect(locked.publicKey == key.publicKey && locked.cost == Self.cheap)
        #expect(try unlock(locked, "correct horse battery").pem().isEqual(to: key.pem()))
        for wrong in ["correct horse batter", "", "Correct horse battery"] {
            let error = #expect(throws: SecretaryError.self) { try unlock(locked, wrong) }
            #expect(error?.code == .wrongKey && error?.message == "the passphrase is wrong, or the file was changed")
        }
        #expect(String(decoding: text, as: UTF8.self).contains("Cost: Argon2id, 1 passes, 0 MiB"))
    }

    @Test("two files of one key and one passphrase have nothing in common but the public half")
    func salted() throws {
        let (first, second) = (try lock("correct horse battery").text, try lock("correct horse battery").text)
        #expect(first != second)
    }

    @Test("every byte of it, changed, is noticed")
    func tampered() throws {
        let locked = try lock("correct horse battery")
        let bytes = try Armor.bytes(of: "SECRETARY LOCKED KEY", in: locked.text, "a locked key")
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(throws: SecretaryError.self) {
                try unlock(
                    try LockedKey(text: Armor(label: "SECRETARY LOCKED KEY", bytes: changed).text),
                    "correct horse battery")
            }
        }
    }

    @Test("a short passphrase is refused, and a file that asks for too much")
    func refused() throws {
        let short = #expect(throws: SecretaryError.self) { try lock("eleven byte") }
        #expect(short?.code == .usage && short?.hint?.contains("at least 12") == true)
        let locked = try lock("correct horse battery")
        var bytes = try Armor.bytes(of: "SECRETARY LOCKED KEY", in: locked.text, "a locked key")
        bytes[5] = 0x7F
        let error = #expect(throws: SecretaryError.self) {
            try LockedKey(text: Armor(label: "SECRETARY LOCKED KEY", bytes: bytes).text)
        }
        #expect(error?.code == .malformed && error?.message.contains("more time or memory") == true)
    }

    @Test("the standard cost is that of libsodium's moderate limits")
    func standard() throws {
        let locked = try lock("correct horse battery", .standard)
        #expect(locked.cost == LockedKey.Cost(passes: 3, memory: 262_144))
        #expect(try unlock(locked, "correct horse battery").id == key.id)
    }
}

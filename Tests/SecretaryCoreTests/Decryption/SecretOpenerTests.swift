import SecretaryCore
import Synchronization
import Testing

/// Notes what it is asked for.
private final class RecordingDecryptor: Decryptor {
    let opened = Mutex<[Envelope]>([])
    let inner: any Decryptor

    init(_ inner: any Decryptor) {
        self.inner = inner
    }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        opened.withLock { $0.append(envelope) }
        try unsafe inner.open(envelope, name: name, into: target)
    }
}

@Suite("The one place where envelopes become plaintext")
struct SecretOpenerTests {
    private let keys: TestKeys
    private let decryptor: RecordingDecryptor
    private let secret: Envelope
    private var text: String { String(decoding: secret.text, as: UTF8.self) }

    init() throws {
        keys = try TestKeys()
        decryptor = RecordingDecryptor(keys.decryptor)
        secret = try keys.hpkeSealer.seal(Array("hunter2".utf8), scope: Scope(parsing: "/prod/web#PASSWORD"))
    }

    private func opener(_ app: String?, _ unscoped: UnscopedPolicy = .allow) throws -> SecretOpener {
        SecretOpener(
            decryptor: decryptor, identity: Identity(app: try app.map { try AppPath(parsing: $0) }, unscoped: unscoped))
    }

    @Test("literal pieces and envelopes are composed in order")
    func composes() throws {
        let value = Value("amqp://user:\(text)@host/\(text)?x")
        let plaintext = try opener("/prod/web").open(value, name: "PASSWORD").array
        #expect(String(decoding: plaintext, as: UTF8.self) == "amqp://user:hunter2@host/hunter2?x")
        #expect(plaintext.count == value.plaintextCount)
    }

    @Test("a value without envelopes and an empty value need no key")
    func noEnvelopes() throws {
        #expect(try opener(nil).open(Value("plain"), name: nil).array == Array("plain".utf8))
        #expect(try opener(nil).open(Value(""), name: nil).count == 0)
        #expect(decryptor.opened.withLock { $0.isEmpty })
    }

    @Test("what is denied never reaches the decryptor")
    func deniedBeforeDecrypting() throws {
        for (app, name) in [("/prod/other", "PASSWORD"), ("/prod/web", "OTHER")] {
            let error = #expect(throws: SecretaryError.self) { try opener(app).open(Value(text), name: name).count }
            #expect(error?.code == .denied)
        }
        #expect(decryptor.opened.withLock { $0.isEmpty })
    }

    @Test("one broken piece is enough for no result")
    func allOrNothing() throws {
        let malformed = #expect(throws: SecretaryError.self) {
            try opener(nil).open(Value("\(text)ENC[NACL,abcde]"), name: nil).count
        }
        #expect(malformed?.code == .malformed)
        let stranger = try TestKeys().naclSealer.seal([1])
        let value = Value(text + String(decoding: stranger.text, as: UTF8.self))
        let wrongKey = #expect(throws: SecretaryError.self) { try opener(nil).open(value, name: nil).count }
        #expect(wrongKey?.code == .wrongKey)
    }

    @Test("what the policy frowns on is opened, and reported each time")
    func warnings() throws {
        let warnings = Mutex<[Warning]>([])
        let opener = SecretOpener(decryptor: decryptor, identity: Identity(unscoped: .warn)) { warning in
            warnings.withLock { $0.append(warning) }
        }
        let unscoped = try keys.naclSealer.seal([7])
        #expect(try opener.open(Value(scanning: unscoped.text), name: "KEY").array == [7])
        #expect(try opener.open(Value(text), name: "PASSWORD").count == 7)
        #expect(
            warnings.withLock { $0.map(\.message) } == [
                "KEY has no scope: whoever may read any secret could be given this one"
            ])
    }

    @Test("a value of more than 16 MiB is refused before anything is allocated or opened")
    func tooLarge() throws {
        let half = String(repeating: "x", count: SecretBytes.maximumCount / 2 + 1)
        let error = #expect(throws: SecretaryError.self) {
            try opener(nil).open(Value(half + text + half), name: nil).count
        }
        #expect(error?.code == .malformed)
        #expect(decryptor.opened.withLock { $0.isEmpty })
    }
}

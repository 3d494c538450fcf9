import Foundation
@testable import SecretaryCore
import Testing

@Suite("Version 2 of the daemon's protocol")
struct WireV2Tests {
    private let vector: ExchangeVector
    private let recorded: ExchangeVectorV2
    private let secrets: [RequestedSecret]

    init() throws {
        vector = try ExchangeVector.load()
        recorded = try ExchangeVectorV2.load()
        secrets = [
            RequestedSecret(name: "DATABASE_PASSWORD", text: vector.envelope),
            RequestedSecret(name: nil, text: vector.envelope),
        ]
    }

    private func exchange(service: Bool = true, _ secrets: [RequestedSecret]? = nil) throws -> WireV2.Exchange {
        try WireV2.Exchange(
            claim: vector.claim, secrets: secrets ?? self.secrets, with: vector.taskSide(service: service), time: 7)
    }

    private func read(_ body: [UInt8], service: Bool = true) throws -> WireV2.Request {
        try WireV2.Request(opening: WireV2.SealedRequest(parsing: body), with: vector.daemonSide(service: service))
    }

    /// What a daemon answers that opens everything.
    private func answer(_ request: WireV2.Request) throws -> [UInt8] {
        let decryptor = try vector.decryptor()
        return try unsafe request.answer(
            by: vector.privateKey("master"),
            envelopes: request.secrets.map { secret in Result { () throws(SecretaryError) in try secret.envelope() } }
        ) { (_, envelope, target) throws(SecretaryError) in
            try unsafe decryptor.open(envelope, name: nil, into: target)
        }
    }

    private func plaintexts(_ answer: borrowing WireV2.Answer) -> [Result<[UInt8], SecretaryError>] {
        var plaintexts: [Result<[UInt8], SecretaryError>] = []
        for index in 0..<answer.count {
            do throws(SecretaryError) {
                plaintexts.append(.success(try unsafe answer.withPlaintext(at: index) { unsafe Array($0) }))
            } catch {
                plaintexts.append(.failure(error))
            }
        }
        return plaintexts
    }

    @Test("what was written from the description alone is read, and written again byte for byte")
    func recordedExchange() throws {
        for exchange in recorded.exchanges {
            let sealed = try WireV2.SealedRequest(parsing: Array(exchange.body))
            #expect(sealed.claim == vector.claim)
            #expect(try sealed.masterKey == vector.publicKey("master").id)
            let request = try read(Array(exchange.body), service: exchange.service)
            #expect(request.claim == vector.claim && request.time == recorded.time)
            #expect(request.nonce == Array(recorded.nonce) && request.secrets == secrets)
            #expect(request.message == Array(exchange.message))
            let reply = try PrivateKey.reading(Array(recorded.replyPrivate.utf8))
            #expect(request.replyKey == reply.publicKey)

            let asking = WireV2.Exchange(
                request, body: Array(exchange.body), replyKey: reply, masterKey: try vector.publicKey("master"))
            let results = plaintexts(try asking.open(SecretBytes(Array(exchange.answer))))
            #expect(results.first == .success(Array("hunter2".utf8)))
            #expect(results.last == .failure(SecretaryError(.denied, "the daemon says: not without a näme")))

            let denied = SecretaryError(.denied, "not without a näme")
            let ours = try unsafe request.answer(
                by: vector.privateKey("master"), envelopes: [.success(secrets[0].envelope()), .failure(denied)]
            ) { _, _, target in unsafe target.copyBytes(from: "hunter2".utf8) }
            let key = try SharedSecret(privateKey: reply, publicKey: vector.publicKey("master"))
            var message = [UInt8](repeating: 0, count: ours.count - 40)
            let box = try NaClEnvelope(payload: ours)
            #expect(unsafe message.withUnsafeMutableBytes { unsafe key.open(box, into: $0) })
            #expect(message == Array(exchange.answerMessage))
        }
    }

    @Test("both sides together", arguments: [true, false])
    func roundTrip(_ service: Bool) throws {
        let exchange = try exchange(service: service)
        let request = try read(exchange.body, service: service)
        #expect(request.time == 7 && request.secrets == secrets)
        let results = plaintexts(try exchange.open(SecretBytes(answer(request))))
        #expect(results == [.success(Array("hunter2".utf8)), .success(Array("hunter2".utf8))])
    }

    @Test("no two requests have a nonce or a reply key in common")
    func fresh() throws {
        let requests = try (0..<20).map { _ in try read(exchange().body) }
        #expect(Set(requests.map(\.nonce)).count == 20)
        #expect(Set(requests.map(\.replyKey)).count == 20)
    }

    @Test("a failure is that of its secret alone, with a short text fit for a terminal")
    func failures() throws {
        let codes: [(SecretaryError.Code, SecretaryError.Code)] = [
            (.denied, .denied), (.wrongKey, .wrongKey), (.malformed, .malformed), (.unavailable, .unavailable),
            (.timedOut, .unavailable), (.system, .unavailable),
        ]
        for (thrown, told) in codes {
            let exchange = try exchange()
            let request = try read(exchange.body)
            let long = "\u{1B}[31mred\n" + String(repeating: "ä", count: 300)
            let body = try unsafe request.answer(
                by: vector.privateKey("master"),
                envelopes: [.success(try secrets[0].envelope()), .success(try secrets[1].envelope())]
            ) { (index, _, target) throws(SecretaryError) in
                if index == 0 { throw SecretaryError(thrown, long) }
                unsafe target.copyBytes(from: "hunter2".utf8)
            }
            let results = plaintexts(try exchange.open(SecretBytes(body)))
            #expect(results.last == .success(Array("hunter2".utf8)))
            let error = #expect(throws: SecretaryError.self) { try results[0].get() }
            #expect(error?.code == told)
            let message = try #require(error?.message)
            #expect(message.hasPrefix("the daemon says: [31mredää") && message.utf8.count < 250)
            #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }

    @Test("an answer to another request, from another daemon, changed, or cut off is none")
    func foreignAnswers() throws {
        let exchange = try exchange()
        let request = try read(exchange.body)
        let good = try answer(request)
        func code(_ body: [UInt8]) -> SecretaryError.Code? {
            do throws(SecretaryError) {
                return try exchange.open(SecretBytes(body)).count < 0 ? nil : nil
            } catch {
                return error.code
            }
        }
        #expect(code(good) == nil)
        #expect(try code(answer(read(self.exchange().body))) == .wrongKey)
        #expect(
            try code(
                unsafe request.answer(
                    by: PrivateKey.generate(),
                    envelopes: [.success(secrets[0].envelope()), .success(secrets[0].envelope())]
                ) { _, _, _ in }
            ) == .wrongKey)
        #expect(code(Array(good.dropLast())) == .wrongKey)
        #expect(code(good + [0]) == .wrongKey)
        #expect(code([]) == .malformed)
        for index in stride(from: 0, to: good.count, by: 7) {
            var changed = good
            changed[index] ^= 1
            #expect(code(changed) == .wrongKey)
        }
        // Its own request, sent back.
        #expect(code(exchange.body) == .wrongKey)
    }

    @Test("wrong keys at each layer, and another claim outside than inside")
    func wrongKeys() throws {
        let body = try exchange().body
        let stranger = try PrivateKey.generate()
        let (master, deploy) = (try vector.privateKey("master"), try vector.publicKey("deploy"))
        for agreement in [
            try TaskAgreement(master: stranger, deploy: deploy, service: vector.publicKey("service")),
            try TaskAgreement(master: master, deploy: stranger.publicKey, service: vector.publicKey("service")),
            try TaskAgreement(master: master, deploy: deploy, service: stranger.publicKey),
        ] {
            let error = #expect(throws: SecretaryError.self) {
                try WireV2.Request(opening: WireV2.SealedRequest(parsing: body), with: agreement)
            }
            #expect(error?.code == .wrongKey)
        }
        var other = body
        // The last character of the app.
        other[8 + 2 + vector.claim.app.utf8.count - 1] ^= 1
        let error = #expect(throws: SecretaryError.self) { try read(other) }
        #expect(error?.code == .denied)
    }

    @Test("a request of version 1 is none of version 2 in the same boxes")
    func otherVersion() throws {
        let agreement = try vector.taskSide(service: false)
        let box = try agreement.seal(Array("{\"AppID\":\"/demo/app\"}".utf8)).payload
        let body = try vector.publicKey("master").id.bytes + WireV2.encode(vector.claim) + box
        let error = #expect(throws: SecretaryError.self) { try read(body, service: false) }
        #expect(error?.code == .malformed)
    }

    @Test("the limits: names, number of secrets, claims")
    func limits() throws {
        let agreement = try vector.taskSide()
        func code(_ secrets: [RequestedSecret], claim: TaskClaim? = nil) -> SecretaryError.Code? {
            do throws(SecretaryError) {
                _ = try WireV2.Exchange(claim: claim ?? vector.claim, secrets: secrets, with: agreement, time: 0)
                return nil
            } catch {
                return error.code
            }
        }
        func secret(_ name: String) -> RequestedSecret { RequestedSecret(name: name, text: vector.envelope) }
        #expect(code([]) == .malformed)
        #expect(code(Array(repeating: secret("a"), count: 1000)) == nil)
        #expect(code(Array(repeating: secret("a"), count: 1001)) == .malformed)
        #expect(code([secret(String(repeating: "n", count: 1024))]) == nil)
        #expect(code([secret(String(repeating: "n", count: 1025))]) == .malformed)
        for app in ["", String(repeating: "a", count: 1025), "/a\u{7}"] {
            #expect(code([secret("a")], claim: TaskClaim(app: app, version: "1", id: "2")) == .malformed)
        }
    }

    @Test("what is asked for has to be one envelope")
    func envelopes() throws {
        #expect(try secrets[0].envelope().plaintextCount == 7)
        for text in ["", "x", "ENC[NACL,abcde]", "ENC[NOPE,abcd]"] {
            let secret = RequestedSecret(name: nil, text: Array(text.utf8))
            #expect(throws: SecretaryError.self) { try secret.envelope() }
        }
        let twice = RequestedSecret(name: nil, text: vector.envelope + vector.envelope)
        #expect(throws: SecretaryError.self) { try twice.envelope() }
    }

    @Test("claims that only look alike are different")
    func claims() {
        let composed = TaskClaim(app: "/caf\u{E9}", version: "1", id: "a")
        let decomposed = TaskClaim(app: "/cafe\u{301}", version: "1", id: "a")
        #expect(composed != decomposed)
        #expect(composed == TaskClaim(app: "/caf\u{E9}", version: "1", id: "a"))
        #expect(Set([composed, decomposed, TaskClaim(app: "/x", version: "1a", id: "")]).count == 3)
    }

    @Test("refusals are read again, and nothing else is taken for one", arguments: WireV2.Refusal.allCases)
    func refusals(_ refusal: WireV2.Refusal) throws {
        let read = try WireV2.Refusal.parse(SecretBytes(Array(refusal.body("because \u{1B}of\u{7F} this").utf8)))
        #expect(read?.refusal == refusal && read?.text == "because of this")
        #expect(try WireV2.Refusal.parse(SecretBytes(Array("\(refusal.rawValue) because".utf8))) == nil)
        #expect(try WireV2.Refusal.parse(SecretBytes(Array("<html>: no".utf8))) == nil)
    }
}

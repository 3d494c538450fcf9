@testable import SecretaryCore
import Testing
import TestSupport

/// Random input for whatever reads what came over the network.
@Suite("Fuzzing the daemon's protocols", .serialized)
struct WireFuzzTests {
    private let vector: ExchangeVector
    private let recorded: ExchangeVectorV2

    init() throws {
        vector = try ExchangeVector.load()
        recorded = try ExchangeVectorV2.load()
    }

    private struct Difference: Error {
        let what: String
    }

    private static func require(_ condition: Bool, _ what: String) throws {
        if !condition { throw Difference(what: what) }
    }

    @Test("forms are read or refused, and what is read is written so that it is read again")
    func forms() throws {
        let daemon = try vector.daemonSide()
        try Fuzz.run(seeds: [Array(vector.request.body.utf8), Array("appid=a&appversion=b&taskid=c&envelope=%2B".utf8)])
        {
            body in
            guard let form = try? WireV1.Form(parsing: body) else { return }
            try Self.require(try WireV1.Form(parsing: form.body) == form, "form")
            guard let request = try? WireV1.Request(opening: form, with: daemon) else { return }
            try Self.require(request.secret.text == vector.envelope, "opened what was not sealed")
        }
    }

    @Test("JSON is read or refused")
    func json() throws {
        let seeds = [vector.response.json, #"{"a":"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00", "b" : ""}"#].map {
            Array($0.utf8)
        }
        try Fuzz.run(seeds: seeds) { json in
            guard let strings = try? FlatJSON.strings(in: json) else { return }
            let again = JSONText.object(strings.map { ($0.key, .string($0.value)) }).line
            try Self.require(try FlatJSON.strings(in: Array(again.utf8)) == strings, "strings")
        }
    }

    @Test("sealed requests are read or refused, and none opens that was not sealed")
    func sealedRequests() throws {
        let daemon = try vector.daemonSide()
        let message = recorded.exchanges[0].message
        try Fuzz.run(seeds: recorded.exchanges.map { Array($0.body) }) { body in
            guard let sealed = try? WireV2.SealedRequest(parsing: body),
                let request = try? WireV2.Request(opening: sealed, with: daemon)
            else { return }
            try Self.require(request.message == Array(message), "opened what was not sealed")
        }
    }

    @Test("what is in the boxes of a request is read or refused, and what is read is written again byte for byte")
    func requests() throws {
        let (task, daemon) = (try vector.taskSide(service: false), try vector.daemonSide(service: false))
        let outside = try vector.publicKey("master").id.bytes + WireV2.encode(vector.claim)
        try Fuzz.run(seeds: [Array(recorded.exchanges[0].message)]) { message in
            let sealed = try WireV2.SealedRequest(parsing: outside + task.seal(message).payload)
            guard let request = try? WireV2.Request(opening: sealed, with: daemon) else { return }
            try Self.require(request.message == message, "message")
        }
    }

    @Test("what is in the box of an answer is read or refused, and every plaintext lies inside of it")
    func answers() throws {
        let request = try WireV2.Request(
            opening: WireV2.SealedRequest(parsing: Array(recorded.exchanges[0].body)), with: vector.daemonSide())
        try Fuzz.run(seeds: [Array(recorded.exchanges[0].answerMessage)]) { message in
            guard let answer = try? WireV2.Answer(SecretBytes(message), to: request) else { return }
            try Self.require(answer.count == 2, "number")
            for index in 0..<answer.count {
                _ = try? unsafe answer.withPlaintext(at: index) { (text) throws(SecretaryError) in
                    guard text.count <= message.count else { throw SecretaryError(.malformed, "") }
                }
            }
        }
    }
}

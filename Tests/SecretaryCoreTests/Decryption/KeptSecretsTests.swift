import SecretaryCore
import Synchronization
import TestSupport
import Testing

/// Somebody outside, who answers as he is told and notes what he is asked for.
private final class Outside: Decryptor {
    struct State {
        var answer: Result<UInt8, SecretaryError> = .success(UInt8(ascii: "a"))
        var batches: [Int] = []
        /// Happens before the next answer arrives.
        var meanwhile: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    /// How many envelopes were asked for.
    var count: Int { state.withLock { $0.batches.reduce(0, +) } }

    func meanwhile(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.meanwhile = body } }

    func answers(_ answer: Result<UInt8, SecretaryError>) { state.withLock { $0.answer = answer } }

    func mayBlock(on envelope: Envelope) -> Bool { envelope.kind == .nacl }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        for case let error? in open([unsafe Opening(envelope, name: name, into: target)]) { throw error }
    }

    func open(_ openings: [Opening]) -> [SecretaryError?] {
        let (answer, meanwhile) = state.withLock { state in
            state.batches.append(openings.count)
            defer { state.meanwhile = nil }
            return (state.answer, state.meanwhile)
        }
        meanwhile?()
        return openings.map { opening in
            switch answer {
            case .success(let byte):
                unsafe opening.target.initializeMemory(as: UInt8.self, repeating: byte)
                return nil
            case .failure(let error): return error
            }
        }
    }
}

@Suite("Values that somebody outside has opened")
struct KeptSecretsTests {
    private let outside = Outside()
    private let envelope: Envelope
    private let others: [Envelope]
    private let local: Envelope
    private let unreachable = SecretaryError(.unavailable, "nobody answers")

    init() throws {
        let keys = try TestKeys()
        envelope = try keys.naclSealer.seal([1, 2, 3])
        others = try (0..<250).map { _ in try keys.naclSealer.seal([1, 2, 3]) }
        local = try keys.hpkeSealer.seal([1, 2, 3])
    }

    private func kept(
        fresh: Duration = .seconds(3600), stale: Duration = .seconds(3600), prefetches: Bool = false
    ) -> KeptSecrets {
        KeptSecrets(
            outside, name: "outside", policy: OutagePolicy(fresh: fresh, stale: stale, prefetches: prefetches))
    }

    private func text(_ kept: KeptSecrets, _ envelope: Envelope? = nil) throws -> String {
        String(decoding: try kept.open(envelope ?? self.envelope), as: UTF8.self)
    }

    @Test("while they are fresh nobody is asked again")
    func fresh() throws {
        let kept = kept()
        #expect(try text(kept) == "aaa")
        outside.answers(.success(UInt8(ascii: "b")))
        #expect(try text(kept) == "aaa")
        #expect(outside.count == 1)
        #expect(kept.state(of: envelope, name: nil) == .fresh)
        #expect(kept.state(of: envelope, name: "other") == nil)
    }

    @Test("then everybody who wants one asks, and gets the new value")
    func asked() throws {
        let kept = kept(fresh: .zero)
        #expect(try text(kept) == "aaa")
        outside.answers(.success(UInt8(ascii: "b")))
        #expect(try text(kept) == "bbb")
        #expect(outside.count == 2)
        #expect(kept.state(of: envelope, name: nil) == .stale)
    }

    @Test("without an answer they are served nevertheless", arguments: [SecretaryError.Code.unavailable, .timedOut])
    func outage(code: SecretaryError.Code) throws {
        let kept = kept(fresh: .zero)
        #expect(try text(kept) == "aaa")
        outside.answers(.failure(SecretaryError(code, "nobody answers")))
        #expect(try text(kept) == "aaa")
        let status = try #require(kept.outside.first)
        #expect(status.name == "outside")
        #expect(status.trouble == "nobody answers")
        #expect((status.kept, status.stale) == (1, 1))
        #expect(status.lastAnswer != nil)
        #expect(throws: SecretaryError(code, "nobody answers")) { try text(kept, others[0]) }
    }

    @Test("not for longer than they may be stale; then their plaintext is zeroed, without anybody's asking")
    func tooOld() async throws {
        let kept = kept(fresh: .zero, stale: .milliseconds(200))
        #expect(try text(kept) == "aaa")
        outside.answers(.failure(unreachable))
        try await eventually("nothing is kept") { kept.outside.first?.kept == 0 }
        #expect(throws: unreachable) { try text(kept) }
        // And once more, by another thread that zeroes.
        outside.answers(.success(UInt8(ascii: "b")))
        try await eventually("there is an answer again") { (try? text(kept)) == "bbb" }
        try await eventually("nothing is kept") { kept.outside.first?.kept == 0 }
    }

    @Test("what is answered after a later question was refused is not kept")
    func overtaken() throws {
        let kept = kept()
        let denied = SecretaryError(.denied, "it may not be had")
        outside.meanwhile { [self] in
            outside.answers(.failure(denied))
            _ = try? text(kept)
        }
        #expect(try text(kept) == "aaa")
        #expect(outside.count == 2)
        #expect(kept.state(of: envelope, name: nil) == nil)
        #expect(throws: denied) { try text(kept) }
        outside.answers(.success(UInt8(ascii: "b")))
        #expect(try text(kept) == "bbb")
        #expect(kept.state(of: envelope, name: nil) == .fresh)
    }

    @Test("a refusal ends it at once, and so does any other answer that is none")
    func refused() throws {
        for code in [SecretaryError.Code.denied, .wrongKey, .malformed] {
            let kept = kept(fresh: .zero)
            outside.answers(.success(UInt8(ascii: "a")))
            #expect(try text(kept) == "aaa")
            outside.answers(.failure(SecretaryError(code, "no")))
            #expect(throws: SecretaryError(code, "no")) { try text(kept) }
            #expect(kept.state(of: envelope, name: nil) == nil)
            outside.answers(.failure(unreachable))
            #expect(throws: unreachable) { try text(kept) }
        }
    }

    @Test("who does not answer is not asked by everybody who comes")
    func pauses() throws {
        let kept = kept(fresh: .zero)
        #expect(try text(kept) == "aaa")
        outside.answers(.failure(unreachable))
        for _ in 0..<100 { #expect(try text(kept) == "aaa") }
        for other in others.prefix(100) { #expect(throws: unreachable) { try text(kept, other) } }
        #expect(outside.count < 50)
        // What is opened here waits for nobody.
        outside.answers(.success(UInt8(ascii: "l")))
        #expect(try text(kept, local) == "lll")
    }

    @Test("with nothing to be kept, nothing is")
    func nothing() throws {
        let kept = kept(fresh: .zero, stale: .zero)
        #expect(try text(kept) == "aaa")
        #expect(kept.outside.first?.kept == 0)
        outside.answers(.failure(unreachable))
        #expect(throws: unreachable) { try text(kept) }
    }

    @Test("what can be opened here is not kept")
    func notOutside() throws {
        let kept = kept()
        #expect(try text(kept, local) == "aaa")
        #expect(kept.outside.first?.kept == 0)
        #expect(kept.mayBlock(on: envelope) && !kept.mayBlock(on: local))
    }

    @Test("what nobody can ask for any more is zeroed")
    func expected() throws {
        let kept = kept()
        #expect(try text(kept) == "aaa")
        #expect(try text(kept, others[0]) == "aaa")
        kept.expect([ExpectedSecret(envelope: others[0], name: nil)])
        #expect(kept.state(of: envelope, name: nil) == nil)
        #expect(kept.state(of: others[0], name: nil) == .fresh)
    }

    @Test("they are asked for beforehand, many at once, and only those that are not there")
    func prefetched() async throws {
        let kept = kept(prefetches: true)
        #expect(try text(kept, others[0]) == "aaa")
        kept.expect(Set(others.map { ExpectedSecret(envelope: $0, name: nil) }))
        try await eventually("all are kept") { kept.outside.first?.kept == 250 }
        #expect(outside.state.withLock { $0.batches } == [1, 100, 100, 49])
        outside.answers(.failure(unreachable))
        for other in others { #expect(try text(kept, other) == "aaa") }
        #expect(outside.count == 250)
    }

    @Test("several are asked for in one request, and each gets its own answer")
    func batch() throws {
        let kept = kept(fresh: .zero)
        #expect(try text(kept) == "aaa")
        outside.answers(.failure(unreachable))
        var memory = try SecretBytes(count: 6)
        let errors = unsafe memory.withUnsafeMutableBytes { bytes in
            unsafe kept.open([
                Opening(envelope, name: nil, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<3])),
                Opening(others[0], name: nil, into: UnsafeMutableRawBufferPointer(rebasing: bytes[3...])),
            ])
        }
        #expect(errors == [nil, unreachable])
        #expect(memory.array == Array("aaa".utf8) + [0, 0, 0])
        #expect(outside.state.withLock { $0.batches } == [1, 2])
    }
}

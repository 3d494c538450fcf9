import SecretaryCore
import SecretaryRemote
import Testing

@Suite("Trying again")
struct RetryTests {
    private let quick = Backoff(first: .milliseconds(1), longest: .milliseconds(2))

    @Test("what may be gone the next time is tried as often as allowed, anything else once")
    func attempts() {
        for (code, expected) in [(SecretaryError.Code.unavailable, 4), (.denied, 1)] {
            var count = 0
            let error = #expect(throws: SecretaryError.self) {
                try Retry(attempts: 4, backoff: quick).callAsNeeded(while: { $0.code == .unavailable }) {
                    () throws(SecretaryError) -> Int in
                    count += 1
                    throw SecretaryError(code, "attempt \(count)")
                }
            }
            #expect(count == expected)
            #expect(error?.message == "attempt \(expected)")
        }
    }

    @Test("the first success ends it")
    func success() throws {
        var count = 0
        let result = try Retry(attempts: 4, backoff: quick).callAsNeeded(while: { (_: SecretaryError) in true }) {
            () throws(SecretaryError) in
            count += 1
            if count < 3 { throw SecretaryError(.unavailable, "not yet") }
            return count
        }
        #expect(result == 3)
    }

    @Test("no attempt begins when the time is over")
    func deadline() {
        var count = 0
        let start = ContinuousClock.now
        _ = #expect(throws: SecretaryError.self) {
            try Retry(attempts: 100_000, backoff: quick, within: .seconds(1)).callAsNeeded(while: { _ in true }) {
                () throws(SecretaryError) -> Int in
                count += 1
                throw SecretaryError(.unavailable, "never")
            }
        }
        #expect(count > 1 && count < 100_000)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("waits are random below a limit that doubles up to the longest")
    func backoff() {
        var largest: [Duration] = [.zero, .zero, .zero, .zero]
        for _ in 0..<200 {
            var backoff = Backoff(first: .milliseconds(10), longest: .milliseconds(30))
            for index in largest.indices { largest[index] = max(largest[index], backoff.next()) }
        }
        for (found, limit) in zip(largest, [10, 20, 30, 30]) {
            #expect(found <= .milliseconds(limit) && found > .milliseconds(limit / 2))
        }
    }
}

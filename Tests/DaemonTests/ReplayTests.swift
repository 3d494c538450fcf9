import Testing

@testable import secretaryd

@Suite("Each request once, and only near its time") struct ReplayTests {
    private let now: Int64 = 1_800_000_000_000

    private func refusal(_ guardian: ReplayGuard, _ nonce: UInt8, at time: Int64, now: Int64) -> Refusal.Reason? {
        do throws(Refusal) {
            try guardian.admit([UInt8](repeating: nonce, count: 24), at: time, now: now)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a time can be anything that a client writes")
    func times() {
        let guardian = ReplayGuard(window: .seconds(60), capacity: 10)
        for time in [now + 60_001, now - 60_001, 0, -1, .max, .min, now &+ .min, now + .min + 1, .max - now] {
            #expect(refusal(guardian, 1, at: time, now: now) == .clock, "\(time)")
        }
        #expect(guardian.count == 0)
        #expect(refusal(guardian, 1, at: now + 60_000, now: now) == nil)
        #expect(refusal(guardian, 2, at: now - 60_000, now: now) == nil)
    }

    @Test("a nonce counts as long as its request would be fresh, however the clocks differ")
    func nonces() {
        let guardian = ReplayGuard(window: .seconds(60), capacity: 10)
        #expect(refusal(guardian, 1, at: now + 60_000, now: now) == nil)
        for later in stride(from: Int64(0), through: 120_000, by: 1000) {
            #expect(refusal(guardian, 1, at: now + 60_000, now: now + later) == .replayed, "\(later)")
        }
        #expect(refusal(guardian, 1, at: now + 60_000, now: now + 120_001) == .clock)
    }

    @Test("when there is no room, further requests are refused, and none is forgotten")
    func capacity() {
        let guardian = ReplayGuard(window: .seconds(60), capacity: 3)
        for nonce in UInt8(0)..<3 { #expect(refusal(guardian, nonce, at: now, now: now) == nil) }
        #expect(refusal(guardian, 9, at: now, now: now) == .overloaded)
        // Long after, there is room again.
        #expect(refusal(guardian, 9, at: now + 300_000, now: now + 300_000) == nil)
        #expect(guardian.count == 1)
    }
}

import SecretaryCore
import Synchronization

/// Lets each request through once, and only near its time.
///
/// Nonces are remembered as long as their requests would be fresh. Memory is bounded: when so many requests came in that time
/// that it is full, further ones are refused, instead of forgetting any.
final class ReplayGuard: Sendable {
    private struct Nonce: Hashable {
        let words: (UInt64, UInt64, UInt64)

        init(_ bytes: [UInt8]) {
            func word(_ index: Int) -> UInt64 {
                bytes[(index * 8)..<(index * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) }
            }
            words = (word(0), word(1), word(2))
        }

        static func == (left: Nonce, right: Nonce) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
            hasher.combine(words.2)
        }
    }

    /// Nonces of requests whose time is in the same stretch; a stretch is as long as a request is fresh, both ways.
    private struct Stretch {
        var number: Int64
        var nonces: Set<Nonce> = []
    }

    private let window: Int64
    private let capacity: Int
    private let stretches = Mutex<[Stretch]>([])

    /// - Parameters:
    ///   - window: how far a request's time may be from the daemon's, in either direction.
    ///   - capacity: how many nonces are remembered at most.
    init(window: Duration, capacity: Int) {
        self.window = Int64(window / .milliseconds(1))
        self.capacity = capacity
    }

    /// - Parameters:
    ///   - time: of the request, in milliseconds since 1970.
    ///   - now: the same of the daemon.
    func admit(
        _ nonce: [UInt8], at time: Int64, now: Int64 = WallClock.nanoseconds() / 1_000_000
    ) throws(Refusal) {
        let (distance, overflow) = time.subtractingReportingOverflow(now)
        guard !overflow, distance.magnitude <= UInt64(window) else {
            throw Refusal(.clock, "the request is from \(Timestamp.text(Self.nanoseconds(time)))")
        }
        let nonce = Nonce(nonce)
        let number = stretch(of: time)
        let refusal: Refusal? = stretches.withLock { stretches in
            // Older stretches hold nothing that could still be fresh.
            let oldest = (now - window) / (2 * window)
            stretches.removeAll { $0.number < oldest }
            guard stretches.reduce(0, { $0 + $1.nonces.count }) < capacity else {
                return Refusal(.overloaded, "no room for another nonce")
            }
            guard let index = stretches.firstIndex(where: { $0.number == number }) else {
                stretches.append(Stretch(number: number, nonces: [nonce]))
                return nil
            }
            return stretches[index].nonces.insert(nonce).inserted ? nil : Refusal(.replayed, "its nonce came before")
        }
        if let refusal { throw refusal }
    }

    /// Takes an admission back, of a request that was refused for something else: it may come again.
    func forget(_ nonce: [UInt8], at time: Int64) {
        let (nonce, number) = (Nonce(nonce), stretch(of: time))
        stretches.withLock { stretches in
            guard let index = stretches.firstIndex(where: { $0.number == number }) else { return }
            stretches[index].nonces.remove(nonce)
        }
    }

    private func stretch(of time: Int64) -> Int64 { time / (2 * window) }

    /// How many nonces are remembered.
    var count: Int { stretches.withLock { $0.reduce(0) { $0 + $1.nonces.count } } }

    private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let limit = Int64.max / 1_000_000
        return min(max(milliseconds, 0), limit) * 1_000_000
    }
}

/// How many requests may still come: filled at a steady rate, up to what comes in a second.
struct TokenBucket {
    private var tokens: Double
    private var filled: ContinuousClock.Instant

    init(rate: Int, now: ContinuousClock.Instant = .now) {
        tokens = Double(rate)
        filled = now
    }

    /// - Returns: whether there was one left.
    mutating func take(rate: Int, now: ContinuousClock.Instant = .now) -> Bool {
        let seconds = (now - filled) / .seconds(1)
        tokens = min(Double(rate), tokens + seconds * Double(rate))
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// Whether it would be full by now: nothing is lost when it is forgotten.
    func isFull(rate: Int, now: ContinuousClock.Instant = .now) -> Bool {
        tokens + (now - filled) / .seconds(1) * Double(rate) >= Double(rate)
    }
}

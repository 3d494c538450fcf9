internal import SecretaryCore

/// How many envelopes go into one request.
enum DaemonBatch {
    /// Bytes of envelopes and plaintexts, unless one alone has more.
    private static let maximumCount = 8 << 20

    /// Parts, in order, that can be asked for at once.
    static func split(_ openings: [Opening]) -> [ArraySlice<Opening>] {
        var batches: [ArraySlice<Opening>] = []
        var start = 0
        var count = 0
        for (index, opening) in openings.enumerated() {
            // An envelope is its plaintext in base64, and something more.
            let own = opening.envelope.payload.count * 2 + opening.envelope.plaintextCount
            if index > start, index - start == WireV2.maximumSecretCount || count + own > maximumCount {
                batches.append(openings[start..<index])
                start = index
                count = 0
            }
            count += own
        }
        if start < openings.count { batches.append(openings[start...]) }
        return batches
    }
}

internal import SecretaryCore

/// How many envelopes go into one request.
enum DaemonBatch {
    /// Bytes of envelopes, unless one alone has more: less than what daemons usually take.
    private static let maximumCount = 512 << 10

    /// Parts, in order, that can be asked for at once.
    static func split(_ openings: [Opening]) -> [ArraySlice<Opening>] {
        var batches: [ArraySlice<Opening>] = []
        var start = 0
        var count = 0
        for (index, opening) in openings.enumerated() {
            // In base64.
            let own = opening.envelope.payload.count * 4 / 3
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

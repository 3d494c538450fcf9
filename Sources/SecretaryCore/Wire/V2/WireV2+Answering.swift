extension WireV2.Request {
    /// The daemon's side: seals an answer to this request's reply key.
    ///
    /// ```
    /// "secretary/answer/2" | nonce of the request 24 | number of secrets 2
    /// for each secret: status 1 | length 4, plaintext or, when the status is not 0, the reason
    /// ```
    ///
    /// - Parameters:
    ///   - master: the key that the request was sealed for.
    ///   - envelopes: for each secret, in order, the envelope that may be opened, or why it may not.
    ///   - open: writes the plaintext of an envelope into guarded memory of exactly its `plaintextCount`. What it throws
    ///     becomes the answer for that secret alone: its code as one of `WireV2.Failure`, its message as the text, so the
    ///     message must be fit for the client.
    /// - Returns: the body of the answer.
    /// - Throws: `.system` when guarded memory cannot be had, `.wrongKey` for a reply key that nobody can have made.
    public func answer(
        by master: PrivateKey, envelopes: [Result<Envelope, SecretaryError>],
        open: (Int, Envelope, UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
    ) throws(SecretaryError) -> [UInt8] {
        precondition(envelopes.count == secrets.count, "every secret needs an answer")
        let key = try SharedSecret(privateKey: master, publicKey: replyKey)
        let head = WireV2.answerLabel + nonce + UInt16(secrets.count).networkBytes
        let capacity = envelopes.reduce(head.count) { sum, envelope in
            let plaintextCount = (try? envelope.get())?.plaintextCount ?? 0
            return sum + WireV2.entryHeadCount + max(plaintextCount, WireV2.maximumErrorTextCount)
        }
        var count = 0
        let message = try unsafe SecretBytes(count: capacity) { (target) throws(SecretaryError) in
            var writer = unsafe GuardedWriter(target)
            writer.append(head)
            for (index, envelope) in envelopes.enumerated() {
                do throws(SecretaryError) {
                    let envelope = try envelope.get()
                    try unsafe writer.append(count: WireV2.entryHeadCount + envelope.plaintextCount) {
                        (entry) throws(SecretaryError) in
                        unsafe entry.copyBytes(from: [0] + UInt32(envelope.plaintextCount).networkBytes)
                        try unsafe open(index, envelope, entry.part(WireV2.entryHeadCount..<entry.count))
                    }
                } catch {
                    let text = Array(WireV2.printable(error.message.utf8).utf8.prefix(WireV2.maximumErrorTextCount))
                    writer.append([WireV2.Failure(error).rawValue] + UInt32(text.count).networkBytes + text)
                }
            }
            count = writer.position
        }
        return try unsafe message.withUnsafeBytes { (message) throws(SecretaryError) in
            try unsafe key.seal(message.part(0, count)).payload
        }
    }
}

extension WireV2 {
    /// Number of bytes before each plaintext or reason.
    static let entryHeadCount = 5
}

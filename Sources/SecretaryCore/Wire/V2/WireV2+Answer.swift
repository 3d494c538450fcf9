extension WireV2.Request {
    /// The daemon's side: seals an answer to this request's reply key.
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
        fatalError("coming")
    }
}

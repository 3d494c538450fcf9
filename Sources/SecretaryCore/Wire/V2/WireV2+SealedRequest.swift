extension WireV2 {
    /// The body of a request: what the daemon needs to find the keys, in the clear, and the boxes.
    ///
    /// ```
    /// master key id 8 | app, version, task: each a length of 2 bytes and UTF-8 | box, to the end
    /// ```
    public struct SealedRequest: Sendable {
        /// The master key that the request is sealed for.
        public let masterKey: KeyID
        public let claim: TaskClaim
        let box: [UInt8]

        /// - Throws: `.malformed`.
        public init(parsing body: [UInt8]) throws(SecretaryError) {
            fatalError("coming")
        }
    }
}

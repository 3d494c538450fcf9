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
        /// The box of the deploy key.
        let box: NaClEnvelope

        /// - Throws: `.malformed`.
        public init(parsing body: [UInt8]) throws(SecretaryError) {
            self = try unsafe body.withOctets { (body) throws(SecretaryError) in
                var reader = unsafe WireReader(body)
                return SealedRequest(
                    masterKey: KeyID(rawValue: try reader.number(KeyID.count)), claim: try WireV2.claim(from: &reader),
                    box: try NaClEnvelope(payload: reader.rest()))
            }
        }

        private init(masterKey: KeyID, claim: TaskClaim, box: NaClEnvelope) {
            self.masterKey = masterKey
            self.claim = claim
            self.box = box
        }
    }
}

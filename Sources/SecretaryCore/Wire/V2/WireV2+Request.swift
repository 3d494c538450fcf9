extension WireV2 {
    /// What is inside the boxes of a request.
    public struct Request: Sendable {
        public let claim: TaskClaim
        /// When it was sealed by the client's clock: milliseconds since 1970.
        public let time: Int64
        /// 24 bytes that no other request has.
        public let nonce: [UInt8]
        /// Whom the answer is sealed to.
        public let replyKey: PublicKey
        /// At least one.
        public let secrets: [RequestedSecret]

        /// The daemon's side.
        /// - Throws: `.wrongKey` when a box does not open, `.malformed` when what is in it is broken, `.denied` when the claim
        ///   inside is not the one outside. Time and nonce are for the caller to check.
        public init(opening sealed: SealedRequest, with agreement: TaskAgreement) throws(SecretaryError) {
            fatalError("coming")
        }
    }
}

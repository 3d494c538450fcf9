internal import CSodium

extension WireV2 {
    /// The client's side of one request: its body, and what is needed to open its answer.
    ///
    /// Made anew for each attempt: a daemon takes no request twice.
    public struct Exchange: Sendable {
        /// What is sent.
        public let body: [UInt8]
        private let request: Request
        private let replyKey: PrivateKey
        private let masterKey: PublicKey

        /// - Parameter time: milliseconds since 1970.
        /// - Throws: `.malformed` for a claim or a name that is too long, and for too many secrets.
        public init(
            claim: TaskClaim, secrets: [RequestedSecret], with agreement: TaskAgreement, time: Int64
        ) throws(SecretaryError) {
            guard (1...maximumSecretCount).contains(secrets.count) else {
                throw SecretaryError(
                    .malformed, "a request is for 1 to \(maximumSecretCount) secrets, not \(secrets.count)")
            }
            if let secret = secrets.first(where: { ($0.name ?? "").utf8.count > maximumNameCount }) {
                throw SecretaryError(.malformed, "a name has at most \(maximumNameCount) bytes: \(secret.name ?? "")")
            }
            let claim = try TaskClaim(
                app: Array(claim.app.utf8), version: Array(claim.version.utf8), id: Array(claim.id.utf8))
            _ = Sodium.ready
            var nonce = [UInt8](repeating: 0, count: nonceCount)
            unsafe randombytes_buf(&nonce, nonce.count)
            replyKey = try PrivateKey.generate()
            masterKey = agreement.masterKey
            request = Request(
                claim: claim, time: time, nonce: nonce, replyKey: replyKey.publicKey, secrets: secrets)
            body = masterKey.id.bytes + encode(claim) + (try agreement.seal(request.message).payload)
        }

        /// One with everything chosen, for tests with recorded ones.
        init(_ request: Request, body: [UInt8], replyKey: PrivateKey, masterKey: PublicKey) {
            self.request = request
            self.body = body
            self.replyKey = replyKey
            self.masterKey = masterKey
        }

        /// Opens the answer to this request.
        /// - Throws: `.wrongKey` when it is not sealed by the master key for this request; `.malformed`.
        public func open(_ body: borrowing SecretBytes) throws(SecretaryError) -> Answer {
            // Ciphertext, so it need not be guarded.
            let box = try NaClEnvelope(payload: unsafe body.withUnsafeBytes { unsafe Array($0) })
            let key = try SharedSecret(privateKey: replyKey, publicKey: masterKey)
            let message = try unsafe SecretBytes(count: box.plaintextCount) { (target) throws(SecretaryError) in
                guard unsafe key.open(box, into: target) else {
                    throw SecretaryError(.wrongKey, "it is not sealed by master key \(masterKey.id) for this request")
                }
            }
            return try Answer(message, to: request)
        }
    }
}

extension WireV2 {
    /// What is inside the boxes of a request.
    ///
    /// ```
    /// "secretary/request/2" | app, version, task | time 8 | nonce 24 | reply key 32 | number of secrets 2
    /// for each secret: length 2, name | length 4, envelope
    /// ```
    public struct Request: Sendable {
        public let claim: TaskClaim
        /// When it was sealed, by the client's clock: milliseconds since 1970.
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
            let message = try agreement.open(sealed.box)
            self = try unsafe message.withOctets { (message) throws(SecretaryError) in
                var reader = unsafe WireReader(message)
                return try Request(from: &reader)
            }
            guard claim == sealed.claim else {
                throw SecretaryError(.denied, "the sealed request is another task's than is said outside")
            }
        }

        private init(from reader: inout WireReader) throws(SecretaryError) {
            guard try reader.bytes(requestLabel.count) == requestLabel else {
                throw SecretaryError(.malformed, "what is sealed is not a request of version 2")
            }
            claim = try WireV2.claim(from: &reader)
            time = Int64(bitPattern: try reader.number(8))
            nonce = try reader.bytes(nonceCount)
            replyKey = try PublicKey(bytes: reader.bytes(PublicKey.count))
            let count = Int(try reader.number(2))
            guard (1...maximumSecretCount).contains(count) else {
                throw SecretaryError(.malformed, "a request is for 1 to \(maximumSecretCount) secrets, not \(count)")
            }
            var secrets: [RequestedSecret] = []
            for _ in 0..<count {
                let name = try reader.counted(2, limit: maximumNameCount)
                guard let name = String(validating: name, as: UTF8.self) else {
                    throw SecretaryError(.malformed, "the name of a secret is not UTF-8")
                }
                let text = try reader.counted(4, limit: StreamDecryptor.maximumEnvelopeCount)
                secrets.append(RequestedSecret(name: name.isEmpty ? nil : name, text: text))
            }
            guard reader.isAtEnd else { throw SecretaryError(.malformed, "something follows the last secret") }
            self.secrets = secrets
        }

        init(claim: TaskClaim, time: Int64, nonce: [UInt8], replyKey: PublicKey, secrets: [RequestedSecret]) {
            self.claim = claim
            self.time = time
            self.nonce = nonce
            self.replyKey = replyKey
            self.secrets = secrets
        }

        /// The message that is put into the boxes.
        var message: [UInt8] {
            var message = requestLabel + encode(claim) + time.networkBytes + nonce + replyKey.bytes
            message += UInt16(secrets.count).networkBytes
            for secret in secrets {
                let name = Array((secret.name ?? "").utf8)
                message += UInt16(name.count).networkBytes + name
                message += UInt32(secret.text.count).networkBytes + secret.text
            }
            return message
        }
    }
}

extension TaskAgreement {
    /// The boxes of version 2: as in version 1, but bytes, not text.
    func seal(_ message: [UInt8]) throws(SecretaryError) -> NaClEnvelope {
        let inner = if let service { try TaskAgreement.seal(message, with: service).payload } else { message }
        return try TaskAgreement.seal(inner, with: deploy)
    }

    /// - Throws: `.wrongKey` when a box does not open.
    fileprivate func open(_ box: NaClEnvelope) throws(SecretaryError) -> [UInt8] {
        let outer = try TaskAgreement.open(box, with: deploy, called: "deploy")
        guard let service else { return outer }
        return try TaskAgreement.open(NaClEnvelope(payload: outer), with: service, called: "service")
    }

    private static func seal(_ message: [UInt8], with key: SharedSecret) throws(SecretaryError) -> NaClEnvelope {
        try unsafe message.withOctets { (message) throws(SecretaryError) in try unsafe key.seal(message) }
    }

    private static func open(_ box: NaClEnvelope, with key: SharedSecret, called name: String) throws(SecretaryError)
        -> [UInt8]
    {
        // A request holds ciphertext only, so it need not be guarded.
        var message = [UInt8](repeating: 0, count: box.plaintextCount)
        let isOpen = unsafe message.withUnsafeMutableBytes { unsafe key.open(box, into: $0) }
        guard isOpen else { throw .notSealed(with: name) }
        return message
    }
}

extension WireV2 {
    /// The client's side of one request: its body, and what is needed to open its answer.
    ///
    /// Made anew for each attempt: a daemon takes no request twice.
    public struct Exchange: Sendable {
        /// What is sent.
        public let body: [UInt8]
        let replyKey: PrivateKey
        let nonce: [UInt8]
        let masterKey: PublicKey
        let count: Int

        /// - Parameter time: milliseconds since 1970.
        /// - Throws: `.malformed` for more than the limits allow.
        public init(
            claim: TaskClaim, secrets: [RequestedSecret], with agreement: TaskAgreement, time: Int64
        ) throws(SecretaryError) {
            fatalError("coming")
        }

        /// Opens the answer to this request.
        /// - Throws: `.wrongKey` when it is not sealed by the master key for this request; `.malformed`.
        public func open(_ body: borrowing SecretBytes) throws(SecretaryError) -> Answer {
            fatalError("coming")
        }
    }

    /// Plaintexts, or why there is none, in the order of the request; in one block of guarded memory.
    public struct Answer: ~Copyable, Sendable {
        let block: SecretBytes
        let entries: [Result<Range<Int>, SecretaryError>]

        public var count: Int { entries.count }

        /// Lends the plaintext of the secret at `index`.
        /// - Throws: why the daemon did not open it: `.denied`, `.wrongKey`, `.malformed` or `.unavailable`.
        public borrowing func withPlaintext<Result>(
            at index: Int, _ body: (UnsafeRawBufferPointer) throws(SecretaryError) -> Result
        ) throws(SecretaryError) -> Result {
            let range = try entries[index].get()
            return try unsafe block.withUnsafeBytes { (bytes) throws(SecretaryError) in
                try unsafe body(bytes.part(range))
            }
        }
    }
}

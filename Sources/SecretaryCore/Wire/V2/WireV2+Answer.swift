extension WireV2 {
    /// Plaintexts, or why there is none, in the order of the request; in one block of guarded memory.
    public struct Answer: ~Copyable, Sendable {
        private let message: SecretBytes
        private let entries: [Result<Range<Int>, SecretaryError>]

        /// - Throws: `.malformed` when it is not laid out as an answer, or is one to another request.
        init(_ message: consuming SecretBytes, to request: Request) throws(SecretaryError) {
            entries = try unsafe message.withUnsafeBytes { (message) throws(SecretaryError) in
                var reader = unsafe WireReader(message)
                guard try reader.bytes(answerLabel.count) == answerLabel else {
                    throw SecretaryError(.malformed, "what is sealed is not an answer of version 2")
                }
                guard try reader.bytes(nonceCount) == request.nonce, try reader.number(2) == request.secrets.count
                else {
                    throw SecretaryError(.malformed, "it answers another request")
                }
                var entries: [Result<Range<Int>, SecretaryError>] = []
                for _ in request.secrets {
                    let status = UInt8(try reader.number(1))
                    let range = try reader.take(Int(try reader.number(4)))
                    unsafe entries.append(
                        status == 0
                            ? .success(range) : .failure(Failure.error(status, text: unsafe message.part(range))))
                }
                guard reader.isAtEnd else { throw SecretaryError(.malformed, "something follows the last secret") }
                return entries
            }
            self.message = message
        }

        public var count: Int { entries.count }

        /// Lends the plaintext of the secret at `index`.
        /// - Throws: why the daemon did not open it: `.denied`, `.wrongKey`, `.malformed` or `.unavailable`.
        public borrowing func withPlaintext<Result>(
            at index: Int, _ body: (UnsafeRawBufferPointer) throws(SecretaryError) -> Result
        ) throws(SecretaryError) -> Result {
            let range = try entries[index].get()
            return try unsafe message.withUnsafeBytes { (message) throws(SecretaryError) in
                try unsafe body(message.part(range))
            }
        }
    }
}

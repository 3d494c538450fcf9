internal import CSodium

extension WireV1 {
    /// The answer: `{"PlaintextSecret":"base64"}` in the same boxes as the request.
    public enum Answer {
        /// The daemon's side: the sealed text, which is the body of the answer.
        /// - Parameters:
        ///   - count: size of the plaintext.
        ///   - fill: writes the plaintext into guarded memory of exactly that size.
        /// - Throws: what `fill` throws.
        public static func seal(
            count: Int, with agreement: TaskAgreement,
            filledBy fill: (UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
        ) throws(SecretaryError) -> [UInt8] {
            fatalError("coming")
        }

        /// The client's side.
        /// - Parameter text: the body of the answer.
        /// - Throws: `.malformed` when it is no answer; `.wrongKey` when it is not sealed by the master key for this task.
        public static func open(_ text: borrowing SecretBytes, with agreement: TaskAgreement) throws(SecretaryError)
            -> SecretBytes
        {
            fatalError("coming")
        }
    }
}

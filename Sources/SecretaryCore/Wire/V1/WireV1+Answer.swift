internal import CSodium

extension WireV1 {
    /// The answer: `{"PlaintextSecret":"base64"}` in the same boxes as the request.
    public enum Answer {
        private static let head = Array("{\"PlaintextSecret\":\"".utf8)
        private static let tail = Array("\"}".utf8)

        /// The daemon's side: the sealed text, which is the body of the answer.
        /// - Parameters:
        ///   - count: size of the plaintext.
        ///   - fill: writes the plaintext into guarded memory of exactly that size.
        /// - Throws: what `fill` throws.
        public static func seal(
            count: Int, with agreement: TaskAgreement,
            filledBy fill: (UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
        ) throws(SecretaryError) -> [UInt8] {
            let jsonCount = head.count + Base64.encodedCount(count) + tail.count
            // One block for both, the plaintext behind the JSON: each costs several system calls.
            let memory = try unsafe SecretBytes(count: jsonCount + count) { (memory) throws(SecretaryError) in
                let plaintext = unsafe memory.part(jsonCount, count)
                try unsafe fill(plaintext)
                unsafe memory.copyBytes(from: head)
                // Ends with a NUL, which the tail replaces.
                let text = unsafe memory.part(head.count, Base64.encodedCount(count) + 1)
                unsafe sodium_bin2base64(
                    text.characters, text.count, plaintext.octets, count, sodium_base64_VARIANT_ORIGINAL)
                unsafe memory.part(jsonCount - tail.count, tail.count).copyBytes(from: tail)
            }
            return try unsafe memory.withUnsafeBytes { (memory) throws(SecretaryError) in
                try unsafe agreement.sealText(memory.part(0, jsonCount))
            }
        }

        /// The client's side.
        /// - Parameters:
        ///   - body: the body of the answer.
        ///   - target: guarded memory of exactly the plaintext's size. Nothing is left in it on errors.
        /// - Throws: `.malformed` when it is no answer, or one of another size; `.wrongKey` when it is not sealed by the
        ///   master key for this task.
        public static func open(
            _ body: borrowing SecretBytes, with agreement: TaskAgreement, into target: UnsafeMutableRawBufferPointer
        ) throws(SecretaryError) {
            let box = try unsafe body.withUnsafeBytes { (text) throws(SecretaryError) in
                try unsafe agreement.innermostBox(ofText: text)
            }
            var json = try SecretBytes(count: box.plaintextCount)
            let isOpen = unsafe json.withUnsafeMutableBytes { unsafe agreement.innermost.open(box, into: $0) }
            try agreement.requireOpen(isOpen)
            let text = try unsafe SecretBytes(count: json.count) { (text) throws(SecretaryError) in
                try unsafe unescapeSecret(in: json, into: text)
            }
            try unsafe decode(text, into: target)
        }

        /// The base64 of the secret without escapes; what is left of `target` is filled with spaces.
        private static func unescapeSecret(in json: borrowing SecretBytes, into target: UnsafeMutableRawBufferPointer)
            throws(SecretaryError)
        {
            try unsafe json.withUnsafeBytes { (json) throws(SecretaryError) in
                // A request sent back to us would open, too, as both sides share the key: it has no such member.
                guard let secret = try unsafe FlatJSON.members(in: json).first(where: { $0.name == "PlaintextSecret" })
                else { throw SecretaryError(.malformed, "there is no secret in the answer") }
                let count = try unsafe FlatJSON.unescape(json.part(secret.value), into: target)
                unsafe target.part(count..<target.count).initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "))
            }
        }

        private static func decode(_ text: borrowing SecretBytes, into target: UnsafeMutableRawBufferPointer)
            throws(SecretaryError)
        {
            var count = 0
            let status = unsafe text.withUnsafeBytes { text in
                unsafe sodium_base642bin(
                    target.octets, target.count, text.characters, text.count, " \r\n", &count, nil,
                    sodium_base64_VARIANT_ORIGINAL)
            }
            guard status == 0, count == target.count else {
                unsafe sodium_memzero(target.octets, target.count)
                throw SecretaryError(.malformed, "the secret in the answer is not base64 of \(target.count) bytes")
            }
        }
    }
}

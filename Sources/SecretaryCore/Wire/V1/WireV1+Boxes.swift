// A message of version 1 between its boxes: `ENC[NACL,…]` of the service key, if the task has one, inside `ENC[NACL,…]` of the
// deploy key.

extension TaskAgreement {
    /// Seals `message` as text.
    func sealText(_ message: UnsafeRawBufferPointer) throws(SecretaryError) -> [UInt8] {
        guard let service else { return Envelope.nacl(try unsafe deploy.seal(message)).text }
        let inner = Envelope.nacl(try unsafe service.seal(message)).text
        return Envelope.nacl(
            try unsafe inner.withOctets { (inner) throws(SecretaryError) in try unsafe deploy.seal(inner) }
        ).text
    }

    /// The innermost box of a text, which `innermost` opens.
    /// - Throws: `.malformed` when a box is none, `.wrongKey` when the outer one does not open.
    func innermostBox(ofText text: UnsafeRawBufferPointer) throws(SecretaryError) -> NaClEnvelope {
        let outer = try unsafe NaClEnvelope(text: text)
        guard service != nil else { return outer }
        // Only ciphertext is in it, so it need not be guarded.
        var inner = [UInt8](repeating: 0, count: outer.plaintextCount)
        let isOpen = unsafe inner.withUnsafeMutableBytes { unsafe deploy.open(outer, into: $0) }
        guard isOpen else { throw .notSealed(with: "deploy") }
        return try unsafe inner.withOctets { (inner) throws(SecretaryError) in try unsafe NaClEnvelope(text: inner) }
    }
}

extension NaClEnvelope {
    /// Reads `ENC[NACL,base64]`, with white space in the base64 allowed and nothing around it.
    /// - Throws: `.malformed` for anything else.
    init(text: UnsafeRawBufferPointer) throws(SecretaryError) {
        let head = "ENC[NACL,".utf8
        guard unsafe text.starts(with: head), unsafe text.last == UInt8(ascii: "]"), text.count > head.count,
            let payload = unsafe Base64.decode(text.part(head.count..<text.count - 1))
        else {
            throw SecretaryError(.malformed, "not a NACL envelope, where there should be one")
        }
        try self.init(payload: payload)
    }
}

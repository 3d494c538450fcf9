internal import CSodium

// Opening and sealing the secretbox in KMS envelopes. The C functions are `crypto_secretbox_easy` and its counterpart.

extension KMSEnvelope {
    static let dataKeyCount = 32

    /// Opens the envelope into `target`, of exactly its `plaintextCount`.
    /// - Throws: `.wrongKey` when it was changed.
    func open(with dataKey: borrowing SecretBytes, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        precondition(target.count == plaintextCount, "the target must fit the plaintext")
        try KMSEnvelope.check(dataKey)
        let status = unsafe dataKey.withUnsafeBytes { key in
            unsafe crypto_secretbox_open_easy(target.octets, message, UInt64(message.count), nonce, key.octets)
        }
        guard status == 0 else { throw .authenticationFailed("it has been changed since it was sealed") }
    }

    /// Seals `plaintext` under a random nonce.
    static func seal(_ plaintext: UnsafeRawBufferPointer, with dataKey: borrowing DataKey, scope: Scope?)
        throws(SecretaryError) -> KMSEnvelope
    {
        try check(dataKey.plaintext)
        var nonce = [UInt8](repeating: 0, count: nonceCount)
        unsafe randombytes_buf(&nonce, nonceCount)
        var message = [UInt8](repeating: 0, count: tagCount + plaintext.count)
        unsafe dataKey.plaintext.withUnsafeBytes { key in
            _ = unsafe crypto_secretbox_easy(&message, plaintext.octets, UInt64(plaintext.count), nonce, key.octets)
        }
        return KMSEnvelope(encryptedDataKey: dataKey.encrypted, nonce: nonce, message: message, scope: scope)
    }

    private static func check(_ dataKey: borrowing SecretBytes) throws(SecretaryError) {
        guard dataKey.count == dataKeyCount else {
            throw SecretaryError(.unavailable, "the key service gave a data key of \(dataKey.count) bytes")
        }
    }
}

internal import CSodium

// Opening and sealing NACL envelopes. The C functions are `crypto_box_easy_afternm` and its counterparts.

extension SharedSecret {
    /// Opens `envelope` into `target`, of exactly its `plaintextCount`.
    /// - Returns: `false`, with `target` untouched, when the tag does not fit: another key, or a changed envelope.
    func open(_ envelope: NaClEnvelope, into target: UnsafeMutableRawBufferPointer) -> Bool {
        precondition(target.count == envelope.plaintextCount, "the target must fit the plaintext")
        return unsafe open(envelope, into: target.octets)
    }

    /// Checks the tag alone; nothing is decrypted.
    func authenticates(_ envelope: NaClEnvelope) -> Bool {
        unsafe open(envelope, into: nil)
    }

    private func open(_ envelope: NaClEnvelope, into target: UnsafeMutablePointer<UInt8>?) -> Bool {
        let boxed = NaClEnvelope.nonceCount + NaClEnvelope.tagCount
        return unsafe envelope.payload.withOctets { payload in
            unsafe withBoxKey { key in
                unsafe crypto_box_open_detached_afternm(
                    target, payload.octets + boxed, payload.octets + NaClEnvelope.nonceCount,
                    UInt64(payload.count - boxed), payload.octets, key.octets) == 0
            }
        }
    }

    /// Seals `plaintext` under a random nonce.
    func seal(_ plaintext: UnsafeRawBufferPointer) throws(SecretaryError) -> NaClEnvelope {
        let count = NaClEnvelope.nonceCount + NaClEnvelope.tagCount + plaintext.count
        let payload = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            let target = unsafe UnsafeMutableRawBufferPointer(buffer).octets
            unsafe randombytes_buf(target, NaClEnvelope.nonceCount)
            unsafe withBoxKey { key in
                _ = unsafe crypto_box_easy_afternm(
                    target + NaClEnvelope.nonceCount, plaintext.octets, UInt64(plaintext.count), target, key.octets)
            }
            used = count
        }
        return try NaClEnvelope(payload: payload)
    }
}

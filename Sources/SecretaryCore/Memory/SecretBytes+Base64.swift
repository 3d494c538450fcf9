internal import CSodium

extension SecretBytes {
    /// Decodes base64 with padding (RFC 4648, section 4), in constant time (`sodium_base642bin`).
    /// - Returns: `nil` when it is not base64.
    package init?(base64 text: borrowing SecretBytes) throws(SecretaryError) {
        _ = Sodium.ready
        var count = 0
        var isValid = false
        let decoded = try unsafe SecretBytes(count: text.count / 4 * 3) { target in
            isValid = unsafe text.withUnsafeBytes { text in
                unsafe sodium_base642bin(
                    target.octets, target.count, text.characters, text.count, nil, &count, nil,
                    sodium_base64_VARIANT_ORIGINAL) == 0
            }
        }
        guard isValid else { return nil }
        try unsafe self.init(count: count) { target in
            unsafe decoded.withUnsafeBytes { unsafe target.copyMemory(from: $0.part(0, count)) }
        }
    }

    /// The number of characters of its base64, with padding.
    package var base64Count: Int { Base64.encodedCount(count) }

    /// Writes its base64 with padding (RFC 4648, section 4), in constant time (`sodium_bin2base64`).
    /// - Parameter target: has room for one byte more than `base64Count`, which is zeroed.
    package borrowing func writeBase64(to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count > base64Count, "the target must have room for the text and a zero")
        _ = Sodium.ready
        unsafe withUnsafeBytes { bytes in
            _ = unsafe sodium_bin2base64(
                target.characters, target.count, bytes.octets, bytes.count, sodium_base64_VARIANT_ORIGINAL)
        }
    }
}

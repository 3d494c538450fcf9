internal import CSodium

/// The key of a record, sealed for the holder of the auditor's private key alone (`crypto_box_seal`).
enum SealedKey {
    static func seal(_ state: borrowing AuditState, for auditor: PublicKey) throws(SecretaryError) -> [UInt8] {
        var box = [UInt8](repeating: 0, count: AuditState.keyCount + crypto_box_sealbytes())
        unsafe state.withUnsafeBytes { state in
            let key = unsafe state.part(AuditState.key)
            _ = unsafe crypto_box_seal(&box, key.octets, UInt64(key.count), auditor.bytes)
        }
        return box
    }

    /// - Throws: `.wrongKey` when it was sealed for somebody else, or changed.
    static func open(_ box: [UInt8], by auditor: PrivateKey) throws(SecretaryError) -> SecretBytes {
        let otherAuditor = SecretaryError(.wrongKey, "the audit log's key is sealed for another auditor")
        // Whoever knows the auditor's public key can seal for it what does not fit.
        guard box.count == AuditState.keyCount + crypto_box_sealbytes() else { throw otherAuditor }
        return try unsafe SecretBytes(count: AuditState.keyCount) { (target) throws(SecretaryError) in
            let opened = unsafe auditor.scalar.withUnsafeBytes { scalar in
                unsafe crypto_box_seal_open(
                    target.octets, box, UInt64(box.count), auditor.publicKey.bytes, scalar.octets) == 0
            }
            guard opened else { throw otherAuditor }
        }
    }
}

internal import CSodium
internal import Glibc
internal import SystemPackage

/// `FILE.key`: the first keys of logs, one a line, when they are not sealed for an auditor.
///
/// Whoever has it can verify every byte, and could forge what was logged: it is to be moved to another machine.
enum AuditKeyFile {
    /// `secretary-audit-key`, the log's identifier and the key, both in hexadecimal digits.
    static let word = "secretary-audit-key"
    /// Bytes of a line, with its newline.
    static let lineCount = 19 + 1 + 16 + 1 + 64 + 1

    /// Adds the key of a new log.
    static func add(_ state: borrowing AuditState, to path: FilePath) throws(SecretaryError) {
        guard let file = try AuditOpenFile.open(path, flags: O_WRONLY | O_CREAT | O_APPEND, forbidden: 0o077) else {
            return
        }
        let head = Array("\(word) \(state.identifier.hexadecimal) ".utf8)
        let line = try unsafe SecretBytes(count: lineCount) { target in
            unsafe target.copyBytes(from: head)
            let digits = unsafe target.part(head.count, 65)
            unsafe state.withUnsafeBytes { state in
                let key = unsafe state.part(AuditState.key)
                _ = unsafe sodium_bin2hex(digits.characters, digits.count, key.octets, key.count)
            }
            // In the place of the NUL.
            unsafe target[lineCount - 1] = UInt8(ascii: "\n")
        }
        try line.write(to: FileDescriptor(rawValue: file.descriptor))
        try file.sync()
    }

    /// The key of the log `identifier` in the text of such a file.
    /// - Returns: `nil` when it has none.
    static func key(of identifier: [UInt8], in text: borrowing SecretBytes) throws(SecretaryError) -> SecretBytes? {
        let head = Array("\(word) \(identifier.hexadecimal) ".utf8)
        let start = unsafe text.withUnsafeBytes { text in
            stride(from: 0, through: text.count - lineCount, by: lineCount).first { start in
                unsafe text.part(start, lineCount).starts(with: head)
            }
        }
        guard let start else { return nil }
        return try unsafe SecretBytes(count: AuditState.keyCount) { (target) throws(SecretaryError) in
            let isWhole = unsafe text.withUnsafeBytes { text in
                let digits = unsafe text.part(start + head.count, 64)
                var count = 0
                let status = unsafe sodium_hex2bin(
                    target.octets, target.count, digits.characters, digits.count, nil, &count, nil)
                return status == 0 && count == target.count
            }
            guard isWhole else { throw SecretaryError(.malformed, "the key of the audit log is not whole") }
        }
    }
}

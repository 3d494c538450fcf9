internal import Glibc
public import SystemPackage

/// What every byte of a log can be verified with: the auditor's private key, or the text of `FILE.key`.
public final class AuditKey: Sendable {
    private enum Content: ~Copyable, Sendable {
        case auditor(PrivateKey)
        case firstKeys(SecretBytes)
    }

    private let content: Content

    public init(auditor: PrivateKey) {
        content = .auditor(auditor)
    }

    /// Reads either kind of file.
    /// - Throws: `.noInput`, `.malformed`, and `.denied` for a file that others can read; all name the file.
    public init(_ path: FilePath, allowInsecure: Bool = false) throws(SecretaryError) {
        let file = try AuditOpenFile.openForReading(path)
        let text = try SecretBytes(readingAll: FileDescriptor(rawValue: file.descriptor), limit: 1 << 20)
        let isKeyFile = unsafe text.withUnsafeBytes { unsafe $0.starts(with: AuditKeyFile.word.utf8) }
        content =
            isKeyFile
            ? .firstKeys(text) : .auditor(try KeyFiles.readPrivateKey(path, allowInsecure: allowInsecure))
    }

    /// How far a key is carried forward: more than any log has records.
    static let maximumSteps: UInt64 = 1 << 32

    /// The key of the record that `line`, the first of a file, is.
    /// - Throws: `.wrongKey` when this is not the key of that log.
    func key(of line: AuditLine) throws(SecretaryError) -> SecretBytes {
        switch content {
        case .auditor(let auditor):
            guard let box = line.fields.octets("sealed_key") else {
                throw SecretaryError(.wrongKey, "the log is not sealed for an auditor", hint: "give its FILE.key")
            }
            return try SealedKey.open(box, by: auditor)
        case .firstKeys(let text):
            guard let identifier = line.fields.octets("log"),
                var key = try AuditKeyFile.key(of: identifier, in: text), line.sequence < Self.maximumSteps
            else { throw SecretaryError(.wrongKey, "the key is that of another log") }
            Self.advance(&key, by: line.sequence - 1)
            return key
        }
    }

    static func advance(_ key: inout SecretBytes, by steps: UInt64) {
        unsafe key.withUnsafeMutableBytes { key in
            for _ in 0..<steps { unsafe AuditChain.ratchet(key, AuditChain.keyLabel) }
        }
    }
}

import SecretaryCore
import SystemPackage

/// A master key that a daemon does not have until somebody gives it what is missing.
enum SealedKey: Sendable {
    /// Encrypted under a passphrase (`secretaryctl keys backup`).
    case passphrase(LockedKey)
    /// In shares (`secretaryctl keys split`), of which some have been given.
    case shares(ShareSet, given: ShareCollection)

    /// Reads either kind of file.
    /// - Throws: `.noInput`, `.malformed`, `.configuration`, naming the file.
    init(_ path: FilePath) throws(SecretaryError) {
        let text = try CustodyFiles.read(path)
        if text.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
            let set = try ShareSet(text: text, name: path.string)
            self = .shares(set, given: ShareCollection(set))
        } else {
            do throws(SecretaryError) {
                self = .passphrase(try LockedKey(text: text))
            } catch {
                throw error.prefixed("\(path)")
            }
        }
    }

    var publicKey: PublicKey {
        switch self {
        case .passphrase(let key): key.publicKey
        case .shares(let set, _): set.key
        }
    }
}

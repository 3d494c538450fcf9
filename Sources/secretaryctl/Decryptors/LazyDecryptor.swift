import SecretaryCore
import Synchronization

/// Looks for keys when the first envelope needs one: what holds no envelope needs none.
final class LazyDecryptor: Decryptor {
    private let reader: Reader
    /// What the search gave; it is not repeated for every envelope.
    private let found = Mutex<Result<LocalDecryptor, SecretaryError>?>(nil)

    init(_ reader: Reader) {
        self.reader = reader
    }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        try unsafe local().open(envelope, name: name, into: target)
    }

    private func local() throws(SecretaryError) -> LocalDecryptor {
        let result = found.withLock { found in
            if let found { return found }
            let result = Result { () throws(SecretaryError) in LocalDecryptor(keys: try reader.keyRing()) }
            found = result
            return result
        }
        return try result.get()
    }
}

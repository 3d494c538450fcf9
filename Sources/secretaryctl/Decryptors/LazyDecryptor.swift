import SecretaryCore
import Synchronization

/// Makes a decryptor when the first envelope needs one: what holds no envelope needs no keys, and a program that starts should
/// not prepare for what it is never asked.
final class LazyDecryptor: Decryptor {
    private let make: @Sendable () throws(SecretaryError) -> LocalDecryptor
    /// What that gave; it is not repeated for every envelope.
    private let made = Mutex<Result<LocalDecryptor, SecretaryError>?>(nil)

    /// - Parameter make: looks for the keys.
    init(_ make: @escaping @Sendable () throws(SecretaryError) -> LocalDecryptor) {
        self.make = make
    }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        try unsafe decryptor().open(envelope, name: name, into: target)
    }

    private func decryptor() throws(SecretaryError) -> LocalDecryptor {
        let result = made.withLock { made in
            if let made { return made }
            let result = Result { () throws(SecretaryError) in try make() }
            made = result
            return result
        }
        return try result.get()
    }
}

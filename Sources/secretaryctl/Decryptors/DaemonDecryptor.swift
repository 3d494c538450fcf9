import SecretaryCore
import SecretaryRemote
import Synchronization

/// Asks the daemon; keys and claim are looked up when the first envelope needs them.
final class DaemonDecryptor: Decryptor {
    private let reader: Reader
    /// What the search gave; it is not repeated for every envelope.
    private let found = Mutex<Result<DaemonClient, SecretaryError>?>(nil)

    init(_ reader: Reader) {
        self.reader = reader
    }

    func mayBlock(on envelope: Envelope) -> Bool { true }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        try unsafe client(isForOneRequest: false).open(envelope, name: name, into: target)
    }

    func open(_ openings: [Opening]) -> [SecretaryError?] {
        guard !openings.isEmpty else { return [] }
        do throws(SecretaryError) {
            // All that an `exec` has to open comes at once.
            return try client(isForOneRequest: true).open(openings)
        } catch {
            return openings.map { _ in error }
        }
    }

    private func client(isForOneRequest: Bool) throws(SecretaryError) -> DaemonClient {
        let result = found.withLock { found in
            if let found { return found }
            let result = Result { () throws(SecretaryError) in
                try reader.daemonClient { $0.http.isForOneRequest = isForOneRequest }
            }
            found = result
            return result
        }
        return try result.get()
    }
}

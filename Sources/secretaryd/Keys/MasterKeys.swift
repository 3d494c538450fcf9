import SecretaryCore
import Synchronization

/// The master keys as they are now: none while the daemon is sealed, others after a reload.
///
/// A request asks once, and works with what it got: keys that are exchanged meanwhile do not disturb it.
final class MasterKeys: Sendable {
    /// The keys of one moment, and what opens envelopes with them.
    struct Open: Sendable {
        let ring: KeyRing
        let decryptor: LocalDecryptor
    }

    private let keys: Mutex<Open?>

    /// - Parameter ring: `nil` for a daemon that begins sealed.
    init(_ ring: KeyRing?) {
        keys = Mutex(ring.map { Open(ring: $0, decryptor: LocalDecryptor(keys: $0)) })
    }

    /// - Throws: `.unavailable` while the daemon is sealed.
    func current() throws(SecretaryError) -> Open {
        guard let open = keys.withLock({ $0 }) else {
            throw SecretaryError(.unavailable, "the daemon is sealed", hint: "give it its key: secretaryctl unseal")
        }
        return open
    }

    var isSealed: Bool { keys.withLock { $0 == nil } }

    /// Unseals the daemon, or exchanges its keys.
    func replace(with ring: KeyRing) {
        let open = Open(ring: ring, decryptor: LocalDecryptor(keys: ring))
        keys.withLock { $0 = open }
    }
}

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

    private struct State: Sendable {
        /// The keys in files.
        var files: KeyRing
        /// Those that people gave; `nil` while any of them is missing.
        var given: [PrivateKey]?
        var open: Open?

        mutating func update() {
            open = given.map { given in
                var ring = files
                for key in given { ring.add(master: key) }
                return Open(ring: ring, decryptor: LocalDecryptor(keys: ring))
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - ring: the keys in files.
    ///   - isSealed: whether there are others, which people have to give.
    init(_ ring: KeyRing, isSealed: Bool = false) {
        var state = State(files: ring, given: isSealed ? nil : [])
        state.update()
        self.state = Mutex(state)
    }

    /// - Throws: `.unavailable` while the daemon is sealed.
    func current() throws(SecretaryError) -> Open {
        guard let open = state.withLock({ $0.open }) else {
            throw SecretaryError(.unavailable, "the daemon is sealed", hint: "give it its key: secretaryctl unseal")
        }
        return open
    }

    var isSealed: Bool { state.withLock { $0.open == nil } }

    /// Exchanges the keys in files.
    func replace(with ring: KeyRing) {
        state.withLock { state in
            state.files = ring
            state.update()
        }
    }

    /// Takes the keys that people gave, or forgets them.
    /// - Parameter keys: all of them; `nil` seals the daemon.
    func give(_ keys: [PrivateKey]?) {
        state.withLock { state in
            state.given = keys
            state.update()
        }
    }
}

import SecretaryCore
import Synchronization

/// The master keys of a daemon that starts sealed: what has been given of each, and the keys that are whole.
///
/// Shares and passphrases come in boxes for a key pair that is made anew each time the daemon is sealed, so that they are
/// in the clear nowhere but in guarded memory, whatever carries them here.
final class Vault: Sendable {
    private struct Content: Sendable {
        var sealed: [SealedKey]
        var open: [PrivateKey] = []
        var session: PrivateKey
    }

    private let all: [SealedKey]
    private let content: Mutex<Content>
    /// One passphrase is tried at a time: each takes much memory, as that is what it is for.
    private let trial = Mutex<Void>(())
    private let onChange: @Sendable ([PrivateKey]?) -> Void

    /// - Parameters:
    ///   - keys: with nothing of any given.
    ///   - onChange: gets all keys as soon as they are whole, and `nil` when they are sealed again; must not call back.
    /// - Throws: `.system` when guarded memory cannot be had.
    init(_ keys: [SealedKey], onChange: @escaping @Sendable ([PrivateKey]?) -> Void) throws(SecretaryError) {
        all = keys
        content = Mutex(Content(sealed: keys, session: try PrivateKey.generate()))
        self.onChange = onChange
    }

    /// All keys; `nil` while any is sealed.
    var keys: [PrivateKey]? {
        content.withLock { $0.sealed.isEmpty ? $0.open : nil }
    }

    var status: VaultStatus {
        content.withLock { content in
            VaultStatus(
                session: content.session.publicKey,
                keys: all.map { key in
                    let state = content.sealed.first { $0.publicKey == key.publicKey }
                    return VaultStatus.Key(key, sealed: state)
                })
        }
    }

    /// Takes a share, in a box for the session's key.
    /// - Throws: `.malformed`, `.wrongKey` and `.denied` for what is no share, no share of these keys, or was given before.
    func give(share box: [UInt8]) throws(SecretaryError) -> VaultStatus {
        try content.withLock { (content) throws(SecretaryError) in
            let share = try KeyShare(opened(box, by: content.session))
            for (index, key) in content.sealed.enumerated() {
                guard case .shares(let set, var given) = key, set.identifier == share.set else { continue }
                if let whole = try given.add(share) {
                    try open(key, with: whole, &content)
                } else {
                    content.sealed[index] = .shares(set, given: given)
                }
                return
            }
            guard !all.contains(where: { $0.set == share.set }) else {
                throw SecretaryError(.denied, "there were enough shares of the key \(share.key) before")
            }
            throw SecretaryError(
                .wrongKey, "share \(share.number) is of another set than those of this daemon",
                hint: "shares go together only when they were made together")
        }
        return status
    }

    /// Takes a passphrase, in a box for the session's key, and tries it; takes as long as that was meant to take.
    /// - Parameter waits: whether to wait while another is tried; else that is refused. Those whom anybody can send do not.
    /// - Throws: `.wrongKey` when it opens nothing, `.denied` when nothing is left to be opened, `.unavailable` while another
    ///   is tried.
    func give(passphrase box: [UInt8], waits: Bool) throws(SecretaryError) -> VaultStatus {
        let (locked, session) = content.withLock { content in
            (content.sealed.compactMap { if case .passphrase(let key) = $0 { key } else { nil } }, content.session)
        }
        let passphrase = try opened(box, by: session)
        guard !locked.isEmpty else { throw SecretaryError(.denied, "no key is waiting for a passphrase") }
        let found: [PrivateKey]? =
            if waits {
                try trial.withLock { (_) throws(SecretaryError) in try Self.unlock(locked, passphrase) }
            } else {
                try trial.withLockIfAvailable { (_) throws(SecretaryError) in try Self.unlock(locked, passphrase) }
            }
        guard let keys = found else {
            throw SecretaryError(.unavailable, "another passphrase is tried at this moment")
        }
        guard !keys.isEmpty else { throw SecretaryError(.wrongKey, "the passphrase is wrong") }
        try content.withLock { (content) throws(SecretaryError) in
            // Whoever sealed the daemon meanwhile meant this passphrase, too.
            guard content.session.id == session.id else {
                throw SecretaryError(.unavailable, "the daemon was sealed again at this moment")
            }
            for key in keys {
                guard let sealed = content.sealed.first(where: { $0.publicKey == key.publicKey }) else { continue }
                try open(sealed, with: key, &content)
            }
        }
        return status
    }

    /// The keys that a passphrase opens.
    private static func unlock(
        _ locked: [LockedKey], _ passphrase: borrowing SecretBytes
    ) throws(SecretaryError) -> [PrivateKey] {
        var found: [PrivateKey] = []
        for key in locked {
            do throws(SecretaryError) {
                found.append(try key.unlock(passphrase: passphrase))
            } catch {
                guard error.code == .wrongKey else { throw error }
            }
        }
        return found
    }

    /// Forgets all keys and shares; those who had them have to give them again.
    /// - Throws: `.system` when guarded memory cannot be had; the keys are forgotten then, too.
    func seal() throws(SecretaryError) {
        let session = Result { () throws(SecretaryError) in try PrivateKey.generate() }
        content.withLock { content in
            content.sealed = all
            content.open = []
            if case .success(let session) = session { content.session = session }
            onChange(nil)
        }
        _ = try session.get()
    }

    /// A key is whole.
    private func open(_ sealed: SealedKey, with key: PrivateKey, _ content: inout Content) throws(SecretaryError) {
        guard key.publicKey == sealed.publicKey else {
            throw SecretaryError(.wrongKey, "the shares make up the key \(key.id), which is another")
        }
        content.sealed.removeAll { $0.publicKey == key.publicKey }
        content.open.append(key)
        if content.sealed.isEmpty { onChange(content.open) }
    }

    private func opened(_ box: [UInt8], by session: PrivateKey) throws(SecretaryError) -> SecretBytes {
        do {
            return try SealedBox.open(box, by: session)
        } catch {
            throw SecretaryError(
                error.code, "what was given is not sealed for this daemon as it runs now", hint: "try again")
        }
    }
}

extension SealedKey {
    fileprivate var set: UInt64? {
        if case .shares(let set, _) = self { set.identifier } else { nil }
    }
}

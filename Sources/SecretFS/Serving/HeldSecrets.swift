internal import DequeModule
internal import SecretaryCore
internal import Synchronization

/// The plaintexts that are open now, or were a moment ago: the only place where a mount keeps any.
///
/// A secret is decrypted when the first handle opens, once for all that open it at the same time, and zeroed when the
/// last one is closed and the linger has passed. Between first open and zeroing it is also in the page cache, if the
/// policy says so.
final class HeldSecrets: Sendable {
    /// One secret, while it is held.
    private final class Holding: Sendable {
        /// Held while decrypting and while storing: whoever opens the same secret meanwhile waits for the result.
        ///
        /// No request on this inode can be outstanding in the kernel then, because nobody has it open, so that storing
        /// its pages waits for no one.
        let plaintext = Mutex<Plaintext>(Plaintext())
    }

    private struct Plaintext: ~Copyable {
        var bytes: SecretBytes?
    }

    private struct Entry {
        let holding: Holding
        /// Open handles.
        var handles: Int
        /// When it may be zeroed, if nobody has it open then.
        var expiry: ContinuousClock.Instant
        /// Whether it stands in `lingering`.
        var isLingering = false
    }

    private struct Table {
        var entries: [Inode: Entry] = [:]
        /// Who may have to be zeroed, and when to look.
        ///
        /// An entry that was opened or closed again meanwhile is looked at once more, so that a close costs no more
        /// than a counter.
        var lingering: Deque<(Inode, ContinuousClock.Instant)> = []
    }

    private let table = Mutex(Table())
    private let cache: any KernelCache
    private let policy: CachePolicy
    private let linger: Duration
    private let lingerBegan: @Sendable () -> Void

    /// More than this many secrets are never kept only because they may be opened again soon.
    static let maximumLingering = 1024

    /// - Parameters:
    ///   - policy: whether content goes to the page cache at open, and leaves it after the linger.
    ///   - linger: how long plaintext stays after the last close.
    ///   - lingerBegan: called when the first secret begins to linger: someone has to call `zeroExpired` in time.
    init(
        cache: any KernelCache, policy: CachePolicy, linger: Duration, lingerBegan: @escaping @Sendable () -> Void
    ) {
        self.cache = cache
        self.policy = policy
        self.linger = linger
        self.lingerBegan = lingerBegan
    }

    /// What a secret is held for.
    enum Use {
        /// A handle, which is about to be read.
        case handle
        /// One request to read, which holds up the kernel's pages: storing them would wait for it.
        case reading
    }

    /// Counts a handle or a reading request on the secret, decrypting it if it is not held.
    /// - Throws: what the decryptor throws; nothing is counted then.
    func acquire(_ inode: Inode, _ file: SecretFile, for use: Use) throws(SecretaryError) {
        let holding = table.withLock { table in
            var entry = table.entries[inode] ?? Entry(holding: Holding(), handles: 0, expiry: .now)
            entry.handles += 1
            table.entries[inode] = entry
            return entry.holding
        }
        do {
            try holding.plaintext.withLock { (plaintext) throws(SecretaryError) in
                guard plaintext.bytes == nil else { return }
                let bytes = try file.open()
                if policy == .open, use == .handle, bytes.count > 0 { cache.store(bytes, in: inode) }
                plaintext.bytes = consume bytes
            }
        } catch {
            release(inode)
            throw error
        }
    }

    /// Ends one handle; after the last one the linger begins.
    func release(_ inode: Inode) {
        let expiry = ContinuousClock.now + linger
        let reaperIsNeeded = table.withLock { table in
            guard var entry = table.entries[inode], entry.handles > 0 else { return false }
            entry.handles -= 1
            entry.expiry = expiry
            defer { table.entries[inode] = entry }
            guard entry.handles == 0, !entry.isLingering else { return false }
            entry.isLingering = true
            table.lingering.append((inode, expiry))
            return table.lingering.count == 1 || table.lingering.count > Self.maximumLingering
        }
        if reaperIsNeeded { lingerBegan() }
    }

    /// Lends the plaintext of a secret that is held.
    /// - Returns: `nil` when it is not.
    func withPlaintext<Result>(of inode: Inode, _ body: (borrowing SecretBytes) -> Result) -> Result? {
        guard let holding = table.withLock({ $0.entries[inode]?.holding }) else { return nil }
        return holding.plaintext.withLock { plaintext in
            switch plaintext.bytes {
            case .some(let bytes): body(bytes)
            case .none: nil
            }
        }
    }

    /// Zeroes whatever has lingered long enough.
    /// - Returns: when to call again; `nil` when nothing lingers.
    func zeroExpired(now: ContinuousClock.Instant = .now) -> ContinuousClock.Instant? {
        var expired: [(Inode, Holding)] = []
        let next: ContinuousClock.Instant? = table.withLock { table in
            while let (inode, due) = table.lingering.first {
                let tooMany = table.lingering.count > Self.maximumLingering
                guard due <= now || tooMany else { return due }
                table.lingering.removeFirst()
                guard var entry = table.entries[inode] else { continue }
                if entry.handles == 0, entry.expiry > now, !tooMany {
                    table.lingering.append((inode, entry.expiry))
                } else if entry.handles == 0 {
                    table.entries[inode] = nil
                    expired.append((inode, entry.holding))
                } else {
                    entry.isLingering = false
                    table.entries[inode] = entry
                }
            }
            return nil
        }
        for (inode, holding) in expired {
            holding.plaintext.withLock { $0.bytes = nil }
            // With `strict` there are pages only of files that somebody has mapped.
            if policy != .resident { cache.drop(inode) }
        }
        return next
    }

    /// Zeroes everything, open or not.
    ///
    /// For the end of the mount.
    func zeroAll() {
        let all = table.withLock { table in
            defer { table = Table() }
            return table.entries.values.map(\.holding)
        }
        for holding in all {
            holding.plaintext.withLock { $0.bytes = nil }
        }
    }

    /// Secrets in memory now, and open handles on them.
    var counts: (secrets: Int, handles: Int) {
        table.withLock { table in
            (table.entries.count, table.entries.values.reduce(0) { $0 + $1.handles })
        }
    }
}

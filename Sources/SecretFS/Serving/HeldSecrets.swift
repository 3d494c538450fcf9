internal import DequeModule
internal import SecretaryCore
internal import Synchronization

/// The plaintexts that are open now, or were a moment ago: the only place where a mount keeps any.
///
/// A secret is decrypted when the first handle opens, once for all that ask for it at the same time, and zeroed when the
/// last one is closed and the linger has passed. Between first open and zeroing it is also in the page cache, if the
/// policy says so. Nobody who asks for it is held up here while somebody else decrypts: who waits is told later.
final class HeldSecrets: Sendable {
    /// What a secret is held for.
    enum Use {
        /// A handle, which is about to be read.
        case handle
        /// One request to read, which holds up the kernel's pages: storing them would wait for it.
        case reading
    }

    /// How somebody gets a secret.
    enum Acquisition {
        /// It is held and counted.
        case held
        /// Somebody decrypts it already, and will tell.
        case joined
        /// The caller has to see to it that it is decrypted.
        case begun
    }

    /// Plaintext that is zeroed with the last reference.
    private final class Holding: Sendable {
        let plaintext: SecretBytes
        init(_ plaintext: consuming SecretBytes) { self.plaintext = plaintext }
    }

    /// One secret, while it is held.
    private struct Entry {
        let holding: Holding
        /// Open handles, and requests to read that are being answered.
        var uses: Int
        /// When it may be zeroed, if nobody uses it then.
        var expiry = ContinuousClock.now
        /// Whether it stands in `lingering`.
        var isLingering = false
        /// Whether one of the uses is that of storing its pages.
        var isBeingStored = false
    }

    private struct Table {
        var entries: [Inode: Entry] = [:]
        /// Who waits for what is being decrypted, or stored.
        var flights: [Inode: [(waiter: Waiter, use: Use)]] = [:]
        /// Who may have to be zeroed, and when to look.
        ///
        /// An entry that was opened or closed again meanwhile is looked at once more, so that a close costs no more
        /// than a counter.
        var lingering: Deque<(Inode, ContinuousClock.Instant)> = []
    }

    private let table = Mutex(Table())
    private let cache: any KernelCache
    private let policy: CachePolicy
    private let handles: OpenHandles
    private let linger: Duration
    private let lingerBegan: @Sendable () -> Void

    /// More than this many secrets are never kept only because they may be opened again soon.
    static let maximumLingering = 1024

    /// - Parameters:
    ///   - policy: whether content goes to the page cache at open, and leaves it after the linger.
    ///   - handles: content is stored at open only while all handles are this process's own: to store waits for pages that
    ///     are being read, by handles of former workers too, of which this one knows no more than their number. If all
    ///     threads that serve waited so, nobody would answer those reads.
    ///   - linger: how long plaintext stays after the last close.
    ///   - lingerBegan: called when the first secret begins to linger: someone has to call `zeroExpired` in time.
    init(
        cache: any KernelCache, policy: CachePolicy, handles: OpenHandles = OpenHandles(), linger: Duration,
        lingerBegan: @escaping @Sendable () -> Void
    ) {
        self.cache = cache
        self.policy = policy
        self.handles = handles
        self.linger = linger
        self.lingerBegan = lingerBegan
    }

    // MARK: Getting hold of a secret

    /// Counts a handle or a request to read if the secret is held; else `waiter` is told when it is.
    /// - Parameter renews: whether a secret that is held has to be decrypted once more: who does it may refuse by now.
    func acquire(_ inode: Inode, for use: Use, renews: Bool = false, _ waiter: Waiter) -> Acquisition {
        table.withLock { table in
            // Nobody may open the file while its pages are stored: who opens it reads it, and that would hold the store up.
            if table.entries[inode] != nil, use == .reading || table.flights[inode] == nil && !renews {
                table.entries[inode]?.uses += 1
                return .held
            }
            guard table.flights[inode] != nil else {
                table.flights[inode] = [(waiter, use)]
                return .begun
            }
            table.flights[inode]?.removeAll { !$0.waiter.isWaiting }
            table.flights[inode]?.append((waiter, use))
            return .joined
        }
    }

    /// Decrypts for all who wait.
    ///
    /// Not if nobody does any more; what comes too late for everybody is zeroed.
    func decrypt(_ inode: Inode, _ file: SecretFile) {
        guard isWanted(inode) else { return }
        do throws(SecretaryError) {
            let holding = Holding(try file.open())
            if isWanted(inode) { hold(holding, as: inode) }
        } catch {
            fail(inode, error)
        }
    }

    /// Whether anybody still waits; else it is as if nobody ever had.
    private func isWanted(_ inode: Inode) -> Bool {
        table.withLock { table in
            let isWanted = table.flights[inode]?.contains { $0.waiter.isWaiting } ?? false
            if !isWanted { table.flights[inode] = nil }
            return isWanted
        }
    }

    /// Tells all who wait that there is no content.
    ///
    /// What was held nevertheless is for those who have it open, and for nobody after them.
    func fail(_ inode: Inode, _ error: SecretaryError) {
        let (waiters, isOver) = table.withLock { table in
            let isOver = table.entries[inode]?.uses == 0
            if isOver { table.entries[inode] = nil }
            return (table.flights.removeValue(forKey: inode) ?? [], isOver)
        }
        if isOver, policy != .resident { cache.drop(inode) }
        for (waiter, _) in waiters { waiter.tell(.failed(error)) }
    }

    /// Shares what was decrypted: first with those who read, as a store may have to wait for their pages.
    private func hold(_ holding: Holding, as inode: Inode) {
        let (readers, needsPages) = table.withLock { table in
            let waiters = table.flights[inode] ?? []
            let readers = waiters.filter { $0.use == .reading }
            table.flights[inode] = waiters.filter { $0.use == .handle }
            let isNew = table.entries[inode] == nil
            // The same version is the same plaintext.
            if isNew { table.entries[inode] = Entry(holding: holding, uses: 0) }
            // One use more, until the pages are stored.
            table.entries[inode]?.uses += readers.count + 1
            table.entries[inode]?.isBeingStored = true
            return (readers.map(\.waiter), isNew && readers.count < waiters.count)
        }
        tell(readers, of: inode)
        if policy == .open, needsPages, handles.areAllOwn, holding.plaintext.count > 0 {
            cache.store(holding.plaintext, in: inode)
        }
        let openers = table.withLock { table in
            let waiters = table.flights.removeValue(forKey: inode) ?? []
            table.entries[inode]?.isBeingStored = false
            if !waiters.isEmpty { table.entries[inode]?.uses += waiters.count - 1 }
            return waiters.map(\.waiter)
        }
        tell(openers, of: inode)
        if openers.isEmpty { release(inode) }
    }

    /// - Parameter waiters: each is counted as a use.
    private func tell(_ waiters: [Waiter], of inode: Inode) {
        for waiter in waiters where !waiter.tell(.held) { release(inode) }
    }

    /// Ends one handle or request to read; after the last one the linger begins.
    func release(_ inode: Inode) {
        let expiry = ContinuousClock.now + linger
        let reaperIsNeeded = table.withLock { table in
            guard var entry = table.entries[inode], entry.uses > 0 else { return false }
            entry.uses -= 1
            entry.expiry = expiry
            defer { table.entries[inode] = entry }
            guard entry.uses == 0, !entry.isLingering else { return false }
            entry.isLingering = true
            table.lingering.append((inode, expiry))
            return table.lingering.count == 1 || table.lingering.count > Self.maximumLingering
        }
        if reaperIsNeeded { lingerBegan() }
    }

    // MARK: What is held

    func isHeld(_ inode: Inode) -> Bool {
        table.withLock { $0.entries[inode] != nil }
    }

    func isBeingDecrypted(_ inode: Inode) -> Bool {
        table.withLock { $0.flights[inode] != nil }
    }

    /// Lends the plaintext of a secret that is held.
    /// - Returns: `nil` when it is not.
    func withPlaintext<Result>(of inode: Inode, _ body: (borrowing SecretBytes) -> Result) -> Result? {
        guard let holding = table.withLock({ $0.entries[inode]?.holding }) else { return nil }
        return body(holding.plaintext)
    }

    /// Secrets in memory now, and open handles on them.
    var counts: (secrets: Int, handles: Int) {
        table.withLock { table in
            let uses = table.entries.values.reduce(0) { $0 + $1.uses - ($1.isBeingStored ? 1 : 0) }
            return (table.entries.count, uses)
        }
    }

    // MARK: Zeroing

    /// Zeroes whatever has lingered long enough.
    /// - Returns: when to call again; `nil` when nothing lingers.
    func zeroExpired(now: ContinuousClock.Instant = .now) -> ContinuousClock.Instant? {
        var expired: [Inode] = []
        let next: ContinuousClock.Instant? = table.withLock { table in
            while let (inode, due) = table.lingering.first {
                let tooMany = table.lingering.count > Self.maximumLingering
                guard due <= now || tooMany else { return due }
                table.lingering.removeFirst()
                guard var entry = table.entries[inode] else { continue }
                if entry.uses == 0, entry.expiry > now, !tooMany {
                    // In its place: behind others it would wait for theirs, too.
                    let place = table.lingering.lastIndex { $0.1 <= entry.expiry }.map { $0 + 1 } ?? 0
                    table.lingering.insert((inode, entry.expiry), at: place)
                } else if entry.uses == 0 {
                    table.entries[inode] = nil
                    expired.append(inode)
                } else {
                    entry.isLingering = false
                    table.entries[inode] = entry
                }
            }
            return nil
        }
        // With `strict` there are pages only of files that somebody has mapped.
        if policy != .resident { expired.forEach(cache.drop) }
        return next
    }

    /// Zeroes everything, open or not.
    ///
    /// For the end of the mount.
    func zeroAll() {
        table.withLock { $0 = Table() }
    }
}

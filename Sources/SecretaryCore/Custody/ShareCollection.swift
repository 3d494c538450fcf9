/// Shares of one key, given one by one until there are enough.
public struct ShareCollection: Sendable {
    /// Names the set that the shares have to be of.
    public let set: UInt64
    public let threshold: Int
    /// How many there are altogether.
    public let shareCount: Int
    private let key: KeyID
    /// What each share has to be, where that is known.
    private let digests: [UInt8: [UInt8]]?
    private var shares: [KeyShare] = []

    /// Collects shares of a set that is known: a false one is refused when it is given.
    public init(_ set: ShareSet) {
        self.set = set.identifier
        threshold = set.threshold
        shareCount = set.members.count
        key = set.key.id
        digests = Dictionary(set.members.map { ($0.number, $0.digest) }, uniquingKeysWith: { first, _ in first })
    }

    /// Collects shares of the set that `share` is of: a false one is noticed when there are enough, but not which.
    public init(startingWith share: KeyShare) {
        set = share.set
        threshold = share.threshold
        shareCount = share.shareCount
        key = share.key
        digests = nil
    }

    /// The numbers of the shares that were given.
    public var given: [Int] { shares.map { Int($0.number) }.sorted() }

    /// Takes a share.
    /// - Returns: the key, when this was the last share that was needed.
    /// - Throws: `.wrongKey` for a share of another set or a false one, `.denied` for one that was given before; what was
    ///   given stays. `.wrongKey` also when the shares do not make up the key; they are forgotten then.
    public mutating func add(_ share: KeyShare) throws(SecretaryError) -> PrivateKey? {
        guard share.set == set else {
            throw SecretaryError(
                .wrongKey,
                "share \(share.number) is of the set \(KeyID(rawValue: share.set)), not of \(KeyID(rawValue: set))",
                hint: "shares go together only when they were made together")
        }
        if let digests, digests[share.number] != share.digest {
            throw SecretaryError(.wrongKey, "share \(share.number) is not the one that was made")
        }
        guard share.threshold == threshold, share.shareCount == shareCount, share.key == key else {
            throw SecretaryError(.wrongKey, "share \(share.number) is false: it disagrees with the others of its set")
        }
        guard !shares.contains(where: { $0.number == share.number }) else {
            throw SecretaryError(
                .denied, "share \(share.number) was given before",
                hint: "\(threshold - shares.count) of the others are needed")
        }
        shares.append(share)
        guard shares.count == threshold else { return nil }
        defer { shares = [] }
        return try KeyShare.combine(shares)
    }

    /// Forgets what was given.
    public mutating func clear() { shares = [] }
}

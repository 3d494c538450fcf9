/// The nodes that the kernel holds a reference to, with how many look-ups it will one day take back by `FORGET`.
///
/// They outlive the tree they came from: a handle opened before a change goes on reading what it opened.
struct KnownNodes {
    private var entries: [Inode: (node: Node, lookups: UInt64)] = [:]

    subscript(inode: Inode) -> Node? { entries[inode]?.node }

    var count: Int { entries.count }

    /// One more look-up was answered with `node`.
    mutating func remember(_ node: Node) {
        entries[node.inode] = (node, (entries[node.inode]?.lookups ?? 0) + 1)
    }

    /// The kernel gave back `lookups` references.
    mutating func forget(_ inode: Inode, lookups: UInt64) {
        guard let entry = entries[inode] else { return }
        entries[inode] = entry.lookups > lookups ? (entry.node, entry.lookups - lookups) : nil
    }
}

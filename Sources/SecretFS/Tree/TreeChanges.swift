/// What the kernel has to be told when one tree takes the place of another: only of nodes that it knows.
struct TreeChanges {
    private enum Message {
        case drop(Inode)
        case remove(name: [UInt8], inode: Inode, parent: Inode)
        case forget(name: [UInt8], parent: Inode)
    }

    private var messages: [Message] = []

    init(from old: Tree, to new: Tree, isKnown: (Inode) -> Bool) {
        compare(old.root, new.root, isKnown)
    }

    /// - Parameter new: `nil` when the directory is gone.
    private mutating func compare(_ old: Node, _ new: Node?, _ isKnown: (Inode) -> Bool) {
        guard let before = old.directory, isKnown(old.inode) || old.inode == .root else { return }
        var listingChanged = new == nil
        for entry in before.entries {
            let successor = new?.directory?[entry.name]
            if successor?.inode != entry.node.inode { listingChanged = true }
            if entry.node.directory != nil {
                let remains = successor?.inode == entry.node.inode
                compare(entry.node, remains ? successor : nil, isKnown)
                if !remains, isKnown(entry.node.inode) {
                    messages.append(.forget(name: entry.name, parent: old.inode))
                }
            } else if successor?.inode != entry.node.inode, isKnown(entry.node.inode) {
                messages.append(.remove(name: entry.name, inode: entry.node.inode, parent: old.inode))
            }
        }
        if let after = new?.directory, after.entries.count != before.entries.count { listingChanged = true }
        if listingChanged { messages.append(.drop(old.inode)) }
    }

    /// Whether the trees look the same.
    var isEmpty: Bool { messages.isEmpty }

    /// Sends the messages.
    func tell(_ cache: some KernelCache) {
        for message in messages {
            switch message {
            case .drop(let inode): cache.drop(inode)
            case .remove(let name, let inode, let parent): cache.remove(name, of: inode, from: parent)
            case .forget(let name, let parent): cache.forget(name, in: parent)
            }
        }
    }
}

extension Tree {
    /// This tree, as what another server of the same mount has shown, if nothing changed between them.
    func continuing(_ former: Tree?) -> Tree {
        guard let former, TreeChanges(from: former, to: self, isKnown: { _ in true }).isEmpty else { return self }
        return Tree(generation: former.generation, root: root, folders: folders)
    }
}

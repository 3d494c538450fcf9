internal import SecretaryCore
internal import Synchronization

/// Puts another tree in the place of the one that is shown, in such steps that a worker that comes after a sudden death can
/// tell the kernel what this one did not.
final class TreeKeeper: Sendable {
    let filesystem: Filesystem
    private let channel: KernelChannel
    private let memory: MountMemory
    /// Trees of workers before this one: the kernel may know something of them, and has to be told what became of it.
    private let former: Mutex<[Tree]>

    init(_ filesystem: Filesystem, _ channel: KernelChannel, _ memory: MountMemory, former: [Tree]) {
        self.filesystem = filesystem
        self.channel = channel
        self.memory = memory
        self.former = Mutex(former)
    }

    /// The tree that is shown.
    var tree: Tree { filesystem.tree }

    /// Notes that the kernel may know something of the tree that is shown, before it is.
    /// - Throws: `.system` when there is no room for the note.
    func begin() throws(SecretaryError) {
        let former = former.withLock { $0 }
        if former.last !== tree { try memory.note(former + [tree]) }
    }

    /// Shows `tree`, which the source says, from now on, and tells the kernel what changed: also since it was told by a worker
    /// before this one.
    ///
    /// To be called while requests are served, for which this may have to wait.
    func show(_ tree: Tree) {
        let former = former.withLock { former in
            defer { former = [] }
            return former
        }
        let shown = filesystem.tree
        // Without a note the change is shown all the same: it is there for a successor only.
        if tree !== shown { try? memory.note((former.isEmpty ? [shown] : former) + [tree]) }
        filesystem.replaceTree(by: tree, telling: channel)
        for old in former where old !== shown { TreeChanges(from: old, to: tree, isKnown: { _ in true }).tell(channel) }
        // Nobody else remembers which of these a worker before had given to the page cache.
        if !former.isEmpty, filesystem.policy != .resident {
            for (inode, node) in tree.nodes where node.isSecret { channel.drop(inode) }
        }
        try? memory.note([tree])
    }
}

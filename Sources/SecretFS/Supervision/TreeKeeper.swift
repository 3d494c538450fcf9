/// Puts another tree in the place of the one that is shown, in such steps that a worker that comes after a sudden death can
/// tell the kernel what this one did not.
struct TreeKeeper: Sendable {
    let filesystem: Filesystem
    let channel: KernelChannel
    let memory: MountMemory

    /// The tree that is shown.
    var tree: Tree { filesystem.tree }

    /// Shows `tree` from now on, and tells the kernel.
    func show(_ tree: Tree) {
        // Without a note the change is shown all the same: it is there for a successor only.
        try? memory.note([filesystem.tree, tree])
        filesystem.replaceTree(by: tree, telling: channel)
        try? memory.note([tree])
    }

    /// Tells the kernel what has changed since it was told by a worker before this one.
    ///
    /// To be called while requests are served, for which this may have to wait.
    /// - Parameter former: the trees of which it may know something.
    func reconcile(with former: [Tree]) {
        guard !former.isEmpty else { return }
        let tree = filesystem.tree
        for old in former { TreeChanges(from: old, to: tree, isKnown: { _ in true }).tell(channel) }
        // Nobody else remembers which of these a worker before had given to the page cache.
        if filesystem.policy != .resident {
            for (inode, node) in tree.nodes where node.isSecret { channel.drop(inode) }
        }
        try? memory.note([tree])
    }
}

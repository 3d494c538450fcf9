internal import Glibc
internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// The file system itself: answers each operation from the present tree, in plain Swift, without a kernel.
///
/// Nothing here touches a disk, the network or the mount: trees are handed in whole, and only `open` decrypts. Handles
/// are values: a handle is its inode, which names one version of one file.
final class Filesystem: Sendable {
    private struct State {
        var tree: Tree
        var known = KnownNodes()
    }

    private let state: Mutex<State>
    let held: HeldSecrets
    let policy: CachePolicy
    /// Which of the processes that serve this mount one after the other this is; every handle it gives out carries it.
    let workerNumber: UInt64
    let reports: ReportWriter
    private let shelf: ReportShelf
    let admission: Admission
    let outside: WaitingForOutside
    let source: AwaitedSource
    let handles: OpenHandles
    /// To be ended before a request is done that may take long.
    let turn = ServingTurn()

    /// - Parameters:
    ///   - awaitsSource: whether `tree` is what another process has shown, and the source is being read.
    ///   - handles: counts the files that are open.
    ///   - reports: writes the files of `.secretary`.
    ///   - shelf: keeps the reports that were given out.
    ///   - workerNumber: 0 for the process that serves the mount first.
    ///   - deadline: how long a reader waits for something outside.
    ///   - trail: where opens are written down.
    ///   - inspector: finds out who opens.
    ///   - engine: knows the containers of those who open.
    init(
        tree: Tree, awaitsSource: Bool = false, held: HeldSecrets,
        handles: OpenHandles = OpenHandles(), policy: CachePolicy, reports: ReportWriter,
        shelf: ReportShelf = ReportShelf(), workerNumber: UInt64 = 0,
        deadline: Duration = .seconds(5), trail: AuditTrail? = nil, inspector: ReaderInspector = ReaderInspector(),
        engine: (any ContainerEngine)? = nil
    ) {
        self.state = Mutex(State(tree: tree))
        self.held = held
        self.policy = policy
        self.reports = reports
        self.shelf = shelf
        self.workerNumber = workerNumber
        self.admission = Admission(trail: trail, turn: turn, inspector: inspector, engine: engine)
        self.outside = WaitingForOutside(deadline: deadline)
        self.source = AwaitedSource(isAwaited: awaitsSource)
        self.handles = handles
    }

    // MARK: The tree

    var tree: Tree { state.withLock { $0.tree } }

    /// Shows another tree from now on, and tells the kernel what that changes.
    func replaceTree(by tree: Tree, telling cache: some KernelCache) {
        let changes = state.withLock { state in
            defer { state.tree = tree }
            // The kernel may know anything from a worker before this one.
            return TreeChanges(from: state.tree, to: tree) { workerNumber > 0 || state.known[$0] != nil }
        }
        // First: a message waits for requests that wait for the source.
        endWaitingForSource()
        // Not under the lock: a message waits for the look-ups that the kernel has under way, and they need it.
        changes.tell(cache)
    }

    /// The node of an inode the kernel asks for: of the present tree, else one it still refers to.
    func node(_ inode: Inode) throws(Errno) -> Node {
        let node = state.withLock { $0.tree.nodes[inode] ?? $0.known[inode] }
        guard let node = node ?? shelf[inode] else { throw .staleNFSFileHandle }
        return node
    }

    // MARK: Names

    /// What a look-up found.
    struct Found {
        let node: Node
        /// Whether the name goes on meaning this node until the kernel is told otherwise.
        ///
        /// A report's does not.
        let isLasting: Bool
    }

    /// Finds `name` in a directory and counts the reference that the kernel gets by the answer.
    /// - Parameter reader: the thread that asks, if that is known.
    /// - Throws: `ENOENT` when there is no such name, or the directory itself is gone.
    func lookup(_ name: [UInt8], in parent: Inode, by reader: pid_t? = nil) throws(Errno) -> Found {
        guard name.count <= FileName.maximumCount else { throw .fileNameTooLong }
        // Found and counted in one step: if another tree came in between, the kernel would not be told that this node is
        // gone.
        let child = try state.withLock { (state) throws(Errno) in
            guard let child = try state.tree.directory(parent)[name] else { throw Errno.noSuchFileOrDirectory }
            if !child.isReport { state.known.remember(child) }
            return child
        }
        guard case .report(let report) = child.body else { return Found(node: child, isLasting: true) }
        return Found(node: copy(of: report, for: child, name: name, parent: parent, reader: reader), isLasting: false)
    }

    private func copy(
        of report: Report, for child: Node, name: [UInt8], parent: Inode, reader: pid_t?
    ) -> Node {
        let node: Node
        if let recent = shelf.recent(report, for: reader) {
            node = recent
        } else {
            node = report.node(text: text(of: report), for: child, name: name, parent: parent)
            shelf.add(node, as: report, for: reader)
        }
        state.withLock { $0.known.remember(node) }
        return node
    }

    /// Takes references back (`FORGET`, or an answer that did not reach the kernel).
    func forget(_ inode: Inode, lookups: UInt64) {
        state.withLock { $0.known.forget(inode, lookups: lookups) }
    }

    /// One entry of a listing.
    struct Listed {
        let name: [UInt8]
        let inode: Inode
        let type: UInt32
        /// Where the listing goes on.
        let cookie: UInt64
        /// `nil` where the kernel has to look the name up by itself: `.`, `..` and reports.
        let node: Node?
    }

    /// The entries of a directory from `cookie` on, until `body` says that there is no more room.
    /// - Parameter counted: whether the kernel gets a reference to each node by the answer (`READDIRPLUS`).
    func list(
        _ inode: Inode, from cookie: UInt64, counted: Bool = false, _ body: (Listed) -> Bool
    ) throws(Errno) {
        var next = cookie
        // Cookies mean the same in every tree: when another one comes, the listing goes on with that.
        while try !list(inode, of: tree, from: &next, counted: counted, body) {}
    }

    /// - Returns: `false` when `tree` is no longer the present one, and there may be more entries.
    private func list(
        _ inode: Inode, of tree: Tree, from cookie: inout UInt64, counted: Bool, _ body: (Listed) -> Bool
    ) throws(Errno) -> Bool {
        let directory = try tree.directory(inode)
        for (offset, name, target) in [(1, ".", inode), (2, "..", directory.parent)] where cookie < offset {
            let entry = Listed(
                name: Array(name.utf8), inode: target, type: S_IFDIR, cookie: UInt64(offset), node: nil)
            guard body(entry) else { return true }
            cookie = UInt64(offset)
        }
        for entry in directory.entries(after: cookie) {
            let node = entry.node.isReport ? nil : entry.node
            if counted, let node, !remember(node, of: tree) { return false }
            let listed = Listed(
                name: entry.name, inode: entry.node.inode, type: entry.node.fileType, cookie: entry.cookie, node: node)
            guard body(listed) else {
                if counted, let node { forget(node.inode, lookups: 1) }
                return true
            }
            cookie = entry.cookie
        }
        return true
    }

    /// Counts a reference to a node that is given to the kernel.
    /// - Returns: `false`, without counting, when `tree` is no longer the present one.
    private func remember(_ node: Node, of tree: Tree) -> Bool {
        state.withLock { state in
            guard state.tree === tree else { return false }
            state.known.remember(node)
            return true
        }
    }

    /// Number of files and directories, for `statfs`.
    var nodeCount: Int { tree.nodes.count }

    // MARK: Attributes

    func attributes(of inode: Inode) throws(Errno) -> Node {
        try node(inode)
    }

    func extendedAttributeNames(of inode: Inode) throws(Errno) -> [ExtendedAttribute] {
        guard case .secret = try node(inode).body else { return [] }
        return ExtendedAttribute.allCases
    }

    /// - Throws: `ENODATA` when the file has no such attribute; `ENOTSUP` for labels and access lists, so that `ls` asks for
    ///   them once and not for each file.
    func extendedAttribute(_ name: String, of inode: Inode) throws(Errno) -> [UInt8] {
        guard name.hasPrefix("user.") else { throw .notSupported }
        let node = try node(inode)
        guard case .secret(let file) = node.body, let attribute = ExtendedAttribute(rawValue: name) else {
            throw .noData
        }
        return Array(attribute.text(of: file, node.attributes, isHeld: held.isHeld(inode)).utf8)
    }

    // MARK: Reports

    private func text(of report: Report) -> [UInt8] {
        let (tree, known) = state.withLock { ($0.tree, $0.known.count) }
        return reports.text(
            of: report, tree: tree, held: held.counts, knownNodes: known, waiting: outside.count)
    }
}

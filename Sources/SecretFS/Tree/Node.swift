internal import Glibc

/// One version of one file, or one directory of one tree.
///
/// Never changes.
final class Node: Sendable {
    let inode: Inode
    let attributes: Attributes
    let body: Body

    enum Body: Sendable {
        case directory(Directory)
        /// Decrypted when it is opened.
        case secret(SecretFile)
        /// Text that is no secret.
        case text([UInt8])
        /// Text about the mount itself, written anew for each look-up.
        case report(Report)
        /// A file of which nobody knows the content: the worker that had read it is gone, and the source cannot be read.
        case lost
    }

    init(inode: Inode, attributes: Attributes, body: Body) {
        self.inode = inode
        self.attributes = attributes
        self.body = body
    }

    var directory: Directory? {
        guard case .directory(let directory) = body else { return nil }
        return directory
    }

    var isReport: Bool {
        if case .report = body { true } else { false }
    }

    var isSecret: Bool {
        if case .secret = body { true } else { false }
    }

    var fileType: UInt32 {
        directory == nil ? S_IFREG : S_IFDIR
    }
}

/// The names in a directory.
struct Directory: Sendable {
    struct Entry: Sendable {
        let name: [UInt8]
        let node: Node
        /// Where a listing goes on after this entry.
        ///
        /// Derived from the name alone, so that it means the same in the next tree and to the next server: a listing
        /// that goes on over a change neither skips nor repeats what stayed.
        let cookie: UInt64
    }

    /// The directory this one is in; the root's is the root.
    let parent: Inode
    /// In the order of their cookies.
    let entries: [Entry]
    private let index: [[UInt8]: Int]

    /// Cookies 1 and 2 are those of `.` and `..`.
    static let firstCookie: UInt64 = 3

    init(parent: Inode, children: [(name: [UInt8], node: Node)]) {
        var entries = children.map { child in
            // Positive in a signed 64-bit offset, and above those of `.` and `..`.
            let hash = Inode(parent: .root, name: child.name, version: []).rawValue >> 1
            return Entry(name: child.name, node: child.node, cookie: max(hash, Directory.firstCookie))
        }
        entries.sort { ($0.cookie, $0.name.count) < ($1.cookie, $1.name.count) }
        self.parent = parent
        self.entries = entries
        self.index = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($0.element.name, $0.offset) })
    }

    subscript(name: [UInt8]) -> Node? {
        index[name].map { entries[$0].node }
    }

    /// The entries that follow `cookie`, in order.
    func entries(after cookie: UInt64) -> ArraySlice<Entry> {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].cookie <= cookie { low = middle + 1 } else { high = middle }
        }
        return entries[low...]
    }

    /// Number of directories among the entries: what `st_nlink` of a directory counts, besides 2.
    var subdirectoryCount: Int {
        entries.count { $0.node.directory != nil }
    }
}

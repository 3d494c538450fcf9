internal import SecretaryCore
internal import SystemPackage

/// Everything that a mount shows at one moment.
///
/// Never changes: a change of the source is another tree.
final class Tree: Sendable {
    /// Counts the trees of this mount, from 1.
    let generation: UInt64
    let root: Node
    /// What its folders of volumes were made of, by their names.
    let folders: [[UInt8]: PlannedFiles]
    /// Every node of the tree.
    let nodes: [Inode: Node]
    /// Number of files that have to be decrypted.
    let secretCount: Int
    /// What decrypts them, in each volume; under the empty name where there are no volumes.
    private let decryptors: [String: any Decryptor]
    /// The latest of its times.
    let latest: Int64

    init(generation: UInt64, root: Node, folders: [[UInt8]: PlannedFiles] = [:]) {
        var nodes: [Inode: Node] = [:]
        var secretCount = 0
        var decryptors: [String: any Decryptor] = [:]
        var latest = Int64.min
        var pending = [root]
        while let node = pending.popLast() {
            nodes[node.inode] = node
            latest = max(latest, node.attributes.modified)
            switch node.body {
            case .directory(let directory): pending.append(contentsOf: directory.entries.map(\.node))
            case .secret(let file):
                secretCount += 1
                decryptors[file.volume?.name ?? ""] = file.opener.decryptor
            case .text, .report, .lost: break
            }
        }
        self.generation = generation
        self.root = root
        self.folders = folders
        self.nodes = nodes
        self.secretCount = secretCount
        self.decryptors = decryptors
        self.latest = latest
    }

    /// How those outside answer who have to open secrets.
    var outside: [OutsideStatus] {
        decryptors.sorted { $0.key < $1.key }.flatMap { volume, decryptor in
            decryptor.outside.map { status in
                var status = status
                if !volume.isEmpty { status.name = "\(status.name) for volume \(volume)" }
                return status
            }
        }
    }

    /// The directory with this number.
    /// - Throws: `ENOENT` when this tree has none: one that is gone has no names, whoever still refers to it.
    func directory(_ inode: Inode) throws(Errno) -> Directory {
        guard let node = nodes[inode] else { throw .noSuchFileOrDirectory }
        guard let directory = node.directory else { throw .notDirectory }
        return directory
    }
}

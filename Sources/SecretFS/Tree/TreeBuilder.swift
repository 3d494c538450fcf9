internal import SecretaryCore

/// Makes a tree of a list of files.
struct TreeBuilder {
    private indirect enum Draft {
        case directory([[UInt8]: Draft])
        case file(PlannedFile)
        case report(Report)
        /// As it was in the tree before.
        case former(Node)
    }

    /// Owner of the directories.
    var owner: UInt32
    var group: UInt32

    /// Names are no secrets and files have modes of their own, so directories can be listed by whoever the mount admits.
    private static let directoryMode: UInt32 = 0o555

    /// - Parameters:
    ///   - folders: beside these, each with files of its own, which `check` accepts.
    ///   - previous: the tree before this one: what did not change keeps its times.
    /// - Throws: `.configuration` when two files have one path, or a name is too long.
    func build(
        _ files: [PlannedFile], folders: [[UInt8]: PlannedFiles] = [:], after previous: Tree?, now: Int64
    ) throws(SecretaryError) -> Tree {
        var top: [[UInt8]: Draft] = [
            Array(".secretary".utf8): .directory(
                Dictionary(uniqueKeysWithValues: Report.allCases.map { (Array($0.rawValue.utf8), .report($0)) }))
        ]
        for (name, files) in folders {
            if let previous, previous.folders[name] === files, let node = previous.root.directory?[name] {
                top[name] = .former(node)
            } else {
                top[name] = .directory(try Self.drafts(of: files.all))
            }
        }
        for file in files { try Self.insert(file, at: file.path[...], into: &top) }
        // Times go on when the clock is set back: what changed must be seen to be newer.
        let now = max(now, (previous?.latest).map { $0 + 1 } ?? now)
        let root = node(of: top, inode: .root, parent: .root, previous: previous, now: now)
        return Tree(generation: (previous?.generation ?? 0) + 1, root: root, folders: folders)
    }

    /// Makes sure that these files can be shown.
    /// - Throws: as `build`.
    static func check(_ files: [PlannedFile]) throws(SecretaryError) {
        _ = try drafts(of: files)
    }

    private static func drafts(of files: [PlannedFile]) throws(SecretaryError) -> [[UInt8]: Draft] {
        var top: [[UInt8]: Draft] = [:]
        for file in files { try insert(file, at: file.path[...], into: &top) }
        return top
    }

    private static func insert(
        _ file: PlannedFile, at path: ArraySlice<[UInt8]>, into directory: inout [[UInt8]: Draft]
    ) throws(SecretaryError) {
        guard let key = path.first else { return }
        let name = FileName.encode(key)
        guard name.count <= FileName.maximumCount else {
            throw SecretaryError(
                .configuration, "\(file.source): the key gives a file name of more than \(FileName.maximumCount) bytes",
                hint: "leave it out with --select, or give it a short path in a view")
        }
        let rest = path.dropFirst()
        switch directory[name] {
        case nil where rest.isEmpty:
            directory[name] = .file(file)
        case nil:
            var children: [[UInt8]: Draft] = [:]
            try insert(file, at: rest, into: &children)
            directory[name] = .directory(children)
        case .directory(var children) where !rest.isEmpty:
            // Taken out first: else the nested dictionary would be copied for each file.
            directory[name] = nil
            defer { directory[name] = .directory(children) }
            try insert(file, at: rest, into: &children)
        case .some(let other):
            throw collision(of: file, with: other, at: name)
        }
    }

    private static func collision(of file: PlannedFile, with other: Draft, at name: [UInt8]) -> SecretaryError {
        let shown = file.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        let rival =
            switch other {
            case .file(let rival): rival.source
            case .report, .former: "the mount's own folder .secretary"
            case .directory(let children):
                anyFile(below: children)?.source ?? "the mount's own folder .secretary"
            }
        return SecretaryError(
            .configuration, "\(file.source) and \(rival) both give \(shown)",
            hint: "rename one, or give it another path in a view")
    }

    private static func anyFile(below children: [[UInt8]: Draft]) -> PlannedFile? {
        for child in children.values {
            switch child {
            case .file(let file): return file
            case .directory(let grandchildren):
                if let file = anyFile(below: grandchildren) { return file }
            case .report, .former: break
            }
        }
        return nil
    }

    private func node(
        of children: [[UInt8]: Draft], inode: Inode, parent: Inode, previous: Tree?, now: Int64
    ) -> Node {
        let nodes: [(name: [UInt8], node: Node)] = children.map { name, draft in
            switch draft {
            case .directory(let grandchildren):
                let child = Inode(parent: inode, name: name, version: [])
                return (name, node(of: grandchildren, inode: child, parent: inode, previous: previous, now: now))
            case .file(let file):
                return (name, node(of: file, name: name, parent: inode, previous: previous, now: now))
            case .former(let node):
                return (name, node)
            case .report(let report):
                return (name, report.placeholder(name: name, parent: inode, owner: owner, group: group))
            }
        }
        let directory = Directory(parent: parent, children: nodes)
        // The kernel keeps listings by the time of the directory: a changed listing must have a new one.
        let modified =
            previous?.nodes[inode].flatMap { old in
                old.directory.map { $0.lists(the: directory) ? old.attributes.modified : now }
            } ?? now
        return Node(
            inode: inode,
            attributes: Attributes(
                mode: Self.directoryMode, owner: owner, group: group, size: 0, modified: modified),
            body: .directory(directory))
    }

    private func node(of file: PlannedFile, name: [UInt8], parent: Inode, previous: Tree?, now: Int64) -> Node {
        let content: [UInt8]
        let size: Int
        let body: Node.Body
        switch file.body {
        case .secret(let secret):
            content = secret.version
            size = secret.size
            body = .secret(secret)
        case .text(let text):
            content = BLAKE2b.hash(text)
            size = text.count
            body = .text(text)
        }
        let inode = Inode(
            parent: parent, name: name,
            version: content + Array("\(file.mode) \(file.owner) \(file.group) \(size)".utf8))
        return Node(
            inode: inode,
            attributes: Attributes(
                mode: file.mode, owner: file.owner, group: file.group, size: size,
                modified: previous?.nodes[inode]?.attributes.modified ?? now),
            body: body)
    }
}

extension Directory {
    /// Whether both list the same names for the same inodes.
    fileprivate func lists(the other: Directory) -> Bool {
        entries.count == other.entries.count
            && zip(entries, other.entries).allSatisfy { $0.name == $1.name && $0.node.inode == $1.node.inode }
    }
}

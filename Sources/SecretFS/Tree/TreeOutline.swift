internal import SecretaryCore

/// What the kernel may know of a tree, and nothing else: names, numbers and attributes, without a word of content.
///
/// It outlives the server, so that the next one can tell the kernel what has changed meanwhile, and can go on showing names
/// while the source cannot be read.
enum TreeOutline {
    private enum Kind: UInt8 {
        case directory
        case file
        case status
        case generation

        init(_ body: Node.Body) {
            self =
                switch body {
                case .directory: .directory
                case .report(.status): .status
                case .report(.generation): .generation
                case .secret, .text, .lost: .file
                }
        }
    }

    static func encode(_ tree: Tree) -> [UInt8] {
        var writer = Writer()
        writer.append(tree.generation)
        write(tree.root, name: [], to: &writer)
        return writer.bytes
    }

    private static func write(_ node: Node, name: [UInt8], to writer: inout Writer) {
        writer.append(UInt64(name.count))
        writer.bytes += name
        writer.append(node.inode.rawValue)
        writer.append(UInt64(node.attributes.mode))
        writer.append(UInt64(node.attributes.owner))
        writer.append(UInt64(node.attributes.group))
        writer.append(UInt64(node.attributes.size))
        writer.append(UInt64(bitPattern: node.attributes.modified))
        writer.bytes.append(Kind(node.body).rawValue)
        guard let directory = node.directory else { return }
        writer.append(directory.parent.rawValue)
        writer.append(UInt64(directory.entries.count))
        for entry in directory.entries { write(entry.node, name: entry.name, to: &writer) }
    }

    /// The tree that `encode` was given, with the content of files lost.
    /// - Returns: `nil` for bytes that `encode` did not make.
    static func decode(_ bytes: [UInt8]) -> Tree? {
        var reader = Reader(bytes: bytes[...])
        guard let generation = reader.number(), let (_, root) = readNode(&reader), reader.bytes.isEmpty else {
            return nil
        }
        return Tree(generation: generation, root: root)
    }

    private static func readNode(_ reader: inout Reader) -> (name: [UInt8], node: Node)? {
        guard let count = reader.number(), let name = reader.part(count), let inode = reader.number(),
            let mode = reader.number(), let owner = reader.number(), let group = reader.number(),
            let size = reader.number(), let modified = reader.number(),
            let kind = reader.part(1)?.first.flatMap(Kind.init(rawValue:)),
            let body = readBody(kind, &reader)
        else { return nil }
        let attributes = Attributes(
            mode: UInt32(truncatingIfNeeded: mode), owner: UInt32(truncatingIfNeeded: owner),
            group: UInt32(truncatingIfNeeded: group), size: Int(truncatingIfNeeded: size),
            modified: Int64(bitPattern: modified))
        return (name, Node(inode: Inode(rawValue: inode), attributes: attributes, body: body))
    }

    private static func readBody(_ kind: Kind, _ reader: inout Reader) -> Node.Body? {
        switch kind {
        case .file: return .lost
        case .status: return .report(.status)
        case .generation: return .report(.generation)
        case .directory:
            guard let parent = reader.number(), let count = reader.number() else { return nil }
            var children: [(name: [UInt8], node: Node)] = []
            for _ in 0..<count {
                guard let child = readNode(&reader) else { return nil }
                children.append(child)
            }
            return .directory(Directory(parent: Inode(rawValue: parent), children: children))
        }
    }

    private struct Writer {
        var bytes: [UInt8] = []

        mutating func append(_ number: UInt64) {
            unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
        }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func number() -> UInt64? {
            part(8)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func part(_ count: UInt64) -> [UInt8]? {
            guard count <= UInt64(bytes.count) else { return nil }
            defer { bytes = bytes.dropFirst(Int(count)) }
            return Array(bytes.prefix(Int(count)))
        }
    }
}

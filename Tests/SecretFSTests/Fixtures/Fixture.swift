import SecretaryCore

@testable import SecretFS

/// A file system without a kernel, over files given by path.
struct Fixture {
    let kernel = RecordingKernel()
    let decryptor: CountingDecryptor
    let held: HeldSecrets
    let filesystem: Filesystem
    let builder = TreeBuilder(owner: 1, group: 2)

    init(
        _ files: [String: String], policy: CachePolicy = .open, linger: Duration = .zero, workerNumber: UInt64 = 0,
        mayBlock: Bool = false, deadline: Duration = .seconds(60), readers: ReaderRules = ReaderRules(),
        app: String? = nil, awaitsSource: Bool = false, handles: OpenHandles = OpenHandles()
    ) throws {
        decryptor = try CountingDecryptor(mayBlock: mayBlock)
        let tree = try builder.build(
            Fixture.plan(files, decryptor, readers: readers, app: app), after: nil, now: 1_000_000_000)
        held = HeldSecrets(cache: kernel, policy: policy, handles: handles, linger: linger, lingerBegan: {})
        let reports = ReportWriter(
            source: "test", policy: policy, version: "0",
            loading: ReportWriter.Loading(loaded: 0, error: nil, warnings: []))
        // What a server knows of another's tree.
        let shown = awaitsSource ? TreeOutline.decode(TreeOutline.encode(tree)) ?? tree : tree
        filesystem = Filesystem(
            tree: shown, awaitsSource: awaitsSource, held: held, policy: policy, reports: reports,
            workerNumber: workerNumber, deadline: deadline)
    }

    /// Shows other files from now on.
    func replace(
        by files: [String: String], readers: ReaderRules = ReaderRules(), now: Int64 = 2_000_000_000
    ) throws {
        let tree = try builder.build(
            Fixture.plan(files, decryptor, readers: readers), after: filesystem.tree, now: now)
        filesystem.replaceTree(by: tree, telling: kernel)
    }

    /// Files whose text has envelopes are secrets, the others plain.
    static func plan(
        _ files: [String: String], _ decryptor: CountingDecryptor, readers: ReaderRules, app: String? = nil
    ) throws -> [PlannedFile] {
        let app = try app.map { try AppPath(parsing: $0) }
        let opener = SecretOpener(decryptor: decryptor, identity: Identity(app: app))
        return files.map { path, text in
            let value = Value(scanning: Array(text.utf8))
            let secret = SecretFile(
                content: .value(value), name: nil, readers: readers, opener: opener, source: "\(path):1:1")
            return PlannedFile(
                path: path.split(separator: "/").map { Array($0.utf8) },
                body: value.hasEnvelopes ? .secret(secret) : .text(Array(text.utf8)),
                mode: 0o400, owner: 1, group: 2, source: path)
        }
    }

    /// Walks from the root to `path`, as the kernel would.
    func walk(_ path: String) throws -> Node {
        try path.split(separator: "/").reduce(filesystem.tree.root) { node, name in
            try filesystem.lookup(Array(name.utf8), in: node.inode).node
        }
    }

    /// The content of an open file.
    func read(_ inode: Inode, count: Int = 4096, at offset: Int = 0) throws -> String {
        let answer = Answer<String>()
        unsafe filesystem.read(inode, count: count, at: offset) { result in
            answer.set(unsafe result.map { unsafe String(decoding: $0, as: UTF8.self) })
        }
        return try answer.get()
    }

    func names(in inode: Inode = .root) throws -> [String] {
        var names: [String] = []
        try filesystem.list(inode, from: 0) { listed in
            names.append(String(decoding: listed.name, as: UTF8.self))
            return true
        }
        return names
    }
}

/// An envelope whose plaintext has this many bytes; only `CountingDecryptor` opens it.
func envelope(of count: Int, marked mark: UInt8 = 0) throws -> String {
    let payload = [UInt8](repeating: mark, count: 24 + 16 + count)
    return String(decoding: try Envelope(kind: .nacl, payload: payload).text, as: UTF8.self)
}

extension Filesystem {
    /// Opens, as somebody of whom nothing matters if it does not matter.
    func open(_ inode: SecretFS.Inode, as caller: Caller = .anybody) throws {
        let answer = Answer<Void>()
        open(inode, by: caller) { result in
            answer.set(result)
            return true
        }
        try answer.get()
    }
}

extension Caller {
    static var anybody: Caller { Caller(uid: 0, gid: 0, thread: 0) }
}

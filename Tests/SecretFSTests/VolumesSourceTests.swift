import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import SecretFS

/// Volumes of one folder, each with a file beside the others.
private struct Volumes {
    let scratch: Scratch
    let decryptor: CountingDecryptor
    private let source: VolumesSource

    /// A source of the name `hanging.yml` is not found before it is opened.
    let gate: Gate

    init(_ names: String...) throws {
        scratch = try Scratch("volumes")
        let (root, decryptor, gate) = (scratch.path, try CountingDecryptor(mayBlock: false), try Gate())
        self.decryptor = decryptor
        self.gate = gate
        try scratch.makeFolder("volumes")
        source = VolumesSource(root.appending("volumes"), policy: .open) { definition in
            if definition.meaning.source == "hanging.yml" { gate.pass() }
            var selection = MountSelection(
                place: root.pushing(definition.meaning.source), view: nil, select: nil, layout: .keys,
                includesPlain: false, app: nil, mode: 0o400, owner: 0, group: 0)
            selection.volume = VolumeAccess(definition)
            return VolumeContent(source: RepositorySource(selection, decryptor: decryptor), keys: VolumeKeys([])) { _ in
                true
            }
        }
        for name in names {
            try write(name, size: 3)
            try define(name)
        }
    }

    func write(_ name: String, size: Int) throws {
        try scratch.write("\(name).yml", "key: \(envelope(of: size))\n")
    }

    func define(_ name: String, source: String? = nil) throws {
        let definition = try VolumeDefinition(name: name, options: ["source": source ?? "\(name).yml"], created: nil)
        try scratch.write("volumes/\(name).json", definition.json)
    }

    func reloader() throws -> Reloader {
        try Reloader(source: source, builder: TreeBuilder(owner: 0, group: 0), policy: .open)
    }
}

extension Tree {
    fileprivate func volume(_ name: String) throws -> Node {
        try #require(root.directory?[Array(name.utf8)])
    }
}

@Suite("Many volumes")
struct VolumesSourceTests {
    @Test("those to which nothing happened are the same nodes in the next tree")
    func sameNodes() throws {
        let volumes = try Volumes("web", "db")
        var reloader = try volumes.reloader()
        let first = try #require(try reloader.load(after: nil)).tree
        try volumes.write("web", size: 4)
        try volumes.define("new")
        try volumes.write("new", size: 5)
        let second = try #require(try reloader.load(after: first)).tree
        #expect(try second.volume("db") === first.volume("db"))
        #expect(try second.volume("web") !== first.volume("web"))
        #expect(try second.volume("web").directory?[Array("key".utf8)]?.attributes.size == 4)
        #expect(try second.volume("new").directory?[Array("key".utf8)]?.attributes.size == 5)
        #expect(second.secretCount == 3 && second.nodes.count == first.nodes.count + 2)
        // Another definition is another volume, whatever it shows.
        try volumes.scratch.write("volumes/db.json", #"{"options": {"source": "db.yml", "readers": "any"}}"#)
        let third = try #require(try reloader.load(after: second)).tree
        #expect(try third.volume("web") === second.volume("web"))
        guard case .secret(let file) = try third.volume("db").directory?[Array("key".utf8)]?.body else {
            Issue.record("no secret")
            return
        }
        #expect(file.volume?.readers == .any && file.path == "db/key")
    }

    @Test("one whose source does not answer is another when it is defined anew, and until then what it was")
    func hangingSource() throws {
        let volumes = try Volumes("web", "db")
        defer { volumes.gate.open() }
        var reloader = try volumes.reloader()
        let first = try #require(try reloader.load(after: nil)).tree
        try volumes.define("web", source: "hanging.yml")
        let second = try #require(try reloader.load(after: first))
        #expect(try second.tree.volume("web") === first.volume("web"))
        #expect(second.volumes.map { $0.error?.code } == [nil, .timedOut])
        try volumes.write("web", size: 7)
        try volumes.define("web")
        let third = try #require(try reloader.load(after: second.tree))
        #expect(try third.tree.volume("web").directory?[Array("key".utf8)]?.attributes.size == 7)
        #expect(third.volumes.allSatisfy { $0.error == nil })
    }

    @Test("one that is gone leaves nothing")
    func end() throws {
        let volumes = try Volumes("web", "db")
        var reloader = try volumes.reloader()
        let first = try #require(try reloader.load(after: nil)).tree
        _ = unsafe unlink(volumes.scratch["volumes/web.json"].string)
        let second = try #require(try reloader.load(after: first)).tree
        #expect(second.root.directory?[Array("web".utf8)] == nil)
        #expect(second.secretCount == 1 && second.nodes.count == first.nodes.count - 2)
    }
}

import SecretaryCore
import Synchronization
import SystemPackage
import Testing

@testable import SecretFS

@Suite("The file system without a kernel")
struct FilesystemTests {
    @Test("a look-up and a stat show the exact size and decrypt nothing")
    func sizes() throws {
        let fixture = try Fixture(["db/password": "a\(try envelope(of: 7))b", "plain": "text"])
        #expect(try fixture.walk("db/password").attributes.size == 9)
        #expect(try fixture.walk("plain").attributes.size == 4)
        #expect(try fixture.names().sorted() == [".", "..", ".secretary", "db", "plain"])
        #expect(fixture.decryptor.count == 0)
    }

    @Test("open decrypts, once for all handles, and puts the content into the page cache")
    func open() throws {
        let fixture = try Fixture(["key": "a\(try envelope(of: 3))b"])
        let inode = try fixture.walk("key").inode
        try fixture.filesystem.open(inode)
        try fixture.filesystem.open(inode)
        #expect(fixture.decryptor.count == 1)
        #expect(fixture.kernel.takeMessages() == [.store(inode, count: 5)])
        #expect(try fixture.read(inode) == "a***b")
        #expect(try fixture.read(inode, count: 2, at: 3) == "*b")
        #expect(try fixture.read(inode, count: 2, at: 5) == "")
        #expect(try fixture.read(inode, count: 2, at: 500) == "")
    }

    @Test("after the last close and the linger the plaintext is gone, here and in the page cache")
    func zeroing() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)], linger: .seconds(5))
        let inode = try fixture.walk("key").inode
        try fixture.filesystem.open(inode)
        try fixture.filesystem.open(inode)
        fixture.filesystem.release(inode, openedBy: 0)
        #expect(fixture.held.zeroExpired(now: .now + .seconds(60)) == nil, "one handle is still open")
        #expect(fixture.held.counts.secrets == 1)
        fixture.filesystem.release(inode, openedBy: 0)
        #expect(fixture.held.zeroExpired() != nil, "it lingers")
        #expect(fixture.held.counts.secrets == 1)
        _ = fixture.kernel.takeMessages()
        #expect(fixture.held.zeroExpired(now: .now + .seconds(60)) == nil)
        #expect(fixture.held.counts.secrets == 0)
        #expect(fixture.kernel.takeMessages() == [.drop(inode)])
    }

    @Test("a handle of a worker before this one reads, and its end counts nothing")
    func foreignHandles() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)], workerNumber: 7)
        let inode = try fixture.walk("key").inode
        #expect(try fixture.read(inode) == "***")
        #expect(try fixture.read(inode) == "***")
        #expect(fixture.decryptor.count == 1, "reads that follow each other share one decryption")
        #expect(fixture.kernel.takeMessages() == [], "a read holds the page that a store would wait for")
        #expect(fixture.held.counts == (1, 0))
        try fixture.filesystem.open(inode)
        fixture.filesystem.release(inode, openedBy: 6)
        #expect(fixture.held.counts == (1, 1))
        fixture.filesystem.release(inode, openedBy: 7)
        _ = fixture.held.zeroExpired(now: .now + .seconds(60))
        #expect(fixture.held.counts == (0, 0))
        #expect(fixture.kernel.takeMessages() == [.drop(inode)])
        #expect(try fixture.read(inode) == "***", "it is decrypted again")
    }

    @Test("content is stored at open again when no handle of a worker before this one is left")
    func storingAgain() throws {
        let memory = try SharedMemory(mapping: SharedMemory.makeFile("test"), count: 4096)
        func handles() -> OpenHandles {
            let start = unsafe memory.bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Atomic<Int>.self)
            return unsafe OpenHandles(at: start, in: memory)
        }
        let (former, own) = (handles(), handles())
        for _ in 0..<3 { former.open() }
        former.close(isOwn: true)
        own.takeOver()
        let fixture = try Fixture(["key": try envelope(of: 3)], workerNumber: 1, handles: own)
        let inode = try fixture.walk("key").inode
        func messages() throws -> [RecordingKernel.Message] {
            own.open()
            try fixture.filesystem.open(inode)
            fixture.filesystem.release(inode, openedBy: 1)
            own.close(isOwn: true)
            _ = fixture.held.zeroExpired(now: .now + .seconds(60))
            return fixture.kernel.takeMessages()
        }
        #expect(try messages() == [.drop(inode)])
        own.close(isOwn: false)
        #expect(try messages() == [.drop(inode)])
        own.close(isOwn: false)
        #expect(try messages() == [.store(inode, count: 3), .drop(inode)])
        let next = handles()
        next.takeOver()
        #expect(next.areAllOwn)
    }

    @Test("a worker that is not the first tells the kernel of changes that only its predecessor was asked about")
    func inheritedNames() throws {
        let files = ["a/key": try envelope(of: 3)]
        let (first, second) = (try Fixture(files), try Fixture(files, workerNumber: 1))
        let inode = try Fixture(files).walk("a/key").inode
        for fixture in [first, second] { try fixture.replace(by: ["a/key": try envelope(of: 4)]) }
        #expect(first.kernel.takeMessages().isEmpty)
        #expect(second.kernel.takeMessages().contains(.remove("key", inode)))
    }

    @Test("a secret that is opened again during the linger is not decrypted again")
    func linger() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)], linger: .seconds(60))
        let inode = try fixture.walk("key").inode
        for _ in 0..<100 {
            try fixture.filesystem.open(inode)
            fixture.filesystem.release(inode, openedBy: 0)
        }
        #expect(fixture.decryptor.count == 1)
    }

    @Test("a secret that was opened again lingers no longer than another, whatever was closed in between")
    func lingerAgain() throws {
        let fixture = try Fixture(["key": try envelope(of: 3), "other": try envelope(of: 4)], linger: .seconds(600))
        let (inode, other) = (try fixture.walk("key").inode, try fixture.walk("other").inode)
        let began = ContinuousClock.now
        func use(_ name: String) throws {
            let inode = try fixture.walk(name).inode
            try fixture.filesystem.open(inode)
            fixture.filesystem.release(inode, openedBy: 0)
        }
        try use("key")
        let first = try #require(fixture.held.zeroExpired(now: began))
        try use("key")
        let last = ContinuousClock.now + .seconds(600)
        try use("other")
        // When the first time is over, it is the other's turn only after this one's.
        let next = try #require(fixture.held.zeroExpired(now: first))
        #expect(next <= last)
        _ = fixture.held.zeroExpired(now: next)
        #expect(!fixture.held.isHeld(inode))
        #expect(fixture.held.isHeld(other))
    }

    @Test("no more secrets linger than the limit allows")
    func lingerLimit() throws {
        let names = (0..<HeldSecrets.maximumLingering + 100).map { "key\($0)" }
        let text = try envelope(of: 1)
        let fixture = try Fixture(
            Dictionary(uniqueKeysWithValues: names.map { ($0, text) }), linger: .seconds(600))
        for name in names {
            let inode = try fixture.walk(name).inode
            try fixture.filesystem.open(inode)
            fixture.filesystem.release(inode, openedBy: 0)
        }
        _ = fixture.held.zeroExpired()
        #expect(fixture.held.counts.secrets == HeldSecrets.maximumLingering)
    }

    @Test(
        "an open that fails says why with a distinct errno, leaves nothing, and is reported",
        arguments: [
            (SecretaryError.Code.denied, Errno.permissionDenied), (.wrongKey, .ioError), (.malformed, .ioError),
            (.unavailable, .noRouteToHost), (.system, .noMemory),
        ])
    func failure(code: SecretaryError.Code, errno: Errno) throws {
        let fixture = try Fixture(["key": try envelope(of: 3)])
        let inode = try fixture.walk("key").inode
        fixture.decryptor.fail(with: SecretaryError(code, "because of \"this\""))
        #expect(throws: errno) { try fixture.filesystem.open(inode) }
        #expect(fixture.held.counts.handles == 0)
        let status = try fixture.walk(".secretary/status").inode
        #expect(try fixture.read(status).contains(#""error": "because of \"this\"""#))
        fixture.decryptor.fail(with: nil)
        try fixture.filesystem.open(inode)
        #expect(try fixture.read(inode) == "***")
    }

    @Test("a changed value is another inode under the old name; an open handle keeps what it opened")
    func change() throws {
        let fixture = try Fixture(["key": try envelope(of: 3), "other": try envelope(of: 4)])
        let old = try fixture.walk("key")
        let other = try fixture.walk("other")
        try fixture.filesystem.open(old.inode)
        _ = fixture.kernel.takeMessages()
        try fixture.replace(by: ["key": try envelope(of: 5, marked: 1), "other": try envelope(of: 4)])
        #expect(Set(fixture.kernel.takeMessages()) == [.remove("key", old.inode), .drop(.root)])
        let new = try fixture.walk("key")
        #expect(new.inode != old.inode)
        #expect(new.attributes.size == 5)
        #expect(try fixture.walk("other").inode == other.inode)
        #expect(try fixture.read(old.inode) == "***")
        #expect(try fixture.filesystem.attributes(of: old.inode).attributes.size == 3)
    }

    @Test("a version that is gone and that the kernel has forgotten is stale")
    func stale() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)])
        let old = try fixture.walk("key").inode
        try fixture.replace(by: [:])
        #expect(throws: Errno.noSuchFileOrDirectory) { try fixture.walk("key") }
        _ = try fixture.filesystem.attributes(of: old)
        fixture.filesystem.forget(old, lookups: 1)
        #expect(throws: Errno.staleNFSFileHandle) { try fixture.filesystem.attributes(of: old) }
    }

    @Test("the same files give the same inodes again, in another server too")
    func stableInodes() throws {
        let files = ["a/b/c": try envelope(of: 3), "a/d": "text"]
        let (first, second) = (try Fixture(files), try Fixture(files))
        for path in ["a", "a/b", "a/b/c", "a/d"] {
            #expect(try first.walk(path).inode == second.walk(path).inode)
        }
    }

    @Test("a directory that is gone has no names left, and may come back")
    func removedDirectory() throws {
        let fixture = try Fixture(["a/b/c": try envelope(of: 3)])
        let (directory, file) = (try fixture.walk("a/b").inode, try fixture.walk("a/b/c").inode)
        try fixture.replace(by: ["z": "text"])
        #expect(
            Set(fixture.kernel.takeMessages())
                .isSuperset(of: [.remove("c", file), .forget("b"), .forget("a"), .drop(.root)]))
        #expect(throws: Errno.noSuchFileOrDirectory) { try fixture.filesystem.lookup(Array("c".utf8), in: directory) }
        try fixture.replace(by: ["a/b/c": try envelope(of: 3)])
        #expect(try fixture.walk("a/b").inode == directory)
        #expect(try fixture.walk("a/b/c").inode == file)
    }

    @Test("a listing that goes on over a change neither skips nor repeats what stayed")
    func listingOverChange() throws {
        let names = (0..<200).map { "name\($0)" }
        let fixture = try Fixture(Dictionary(uniqueKeysWithValues: names.map { ($0, "text") }))
        var seen: [String] = []
        var cookie: UInt64 = 0
        var rounds = 0
        while true {
            var added = 0
            try fixture.filesystem.list(.root, from: cookie) { listed in
                guard added < 7 else { return false }
                seen.append(String(decoding: listed.name, as: UTF8.self))
                cookie = listed.cookie
                added += 1
                return true
            }
            if added == 0 { break }
            rounds += 1
            let extra = (0..<rounds).map { "extra\($0)" }
            try fixture.replace(by: Dictionary(uniqueKeysWithValues: (names + extra).map { ($0, "text") }))
        }
        let stayed = seen.filter { $0.hasPrefix("name") }
        #expect(Set(stayed) == Set(names))
        #expect(stayed.count == names.count)
    }

    @Test("times go on when the clock is set back: what changed is newer, and nothing else")
    func clockSetBack() throws {
        let fixture = try Fixture(["a/key": try envelope(of: 3), "stays": "text"])
        let stays = try fixture.walk("stays")
        var times = [try fixture.walk("a/key").attributes.modified]
        for (size, now) in [(4, Int64(500)), (5, 400), (6, 3_000_000_000)] {
            try fixture.replace(by: ["a/key": try envelope(of: size), "stays": "text"], now: now)
            times.append(try fixture.walk("a/key").attributes.modified)
            #expect(try fixture.walk("a").attributes.modified == times.last)
        }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try fixture.walk("stays").attributes == stays.attributes)
    }

    @Test("two files at one path are an error that names both")
    func collision() throws {
        let builder = TreeBuilder(owner: 0, group: 0)
        let (file, rival) = ("a.yml:1:1", "b.yml:2:2")
        func planned(_ path: [String], _ source: String) -> PlannedFile {
            PlannedFile(
                path: path.map { Array($0.utf8) }, body: .text([]), mode: 0, owner: 0, group: 0, source: source)
        }
        for other in [["x", "y"], ["x"], ["x", "y", "z"]] {
            let error = try #require(throws: SecretaryError.self) {
                _ = try builder.build([planned(["x", "y"], file), planned(other, rival)], after: nil, now: 0)
            }
            #expect(error.message.contains(file) && error.message.contains(rival))
        }
        #expect(throws: SecretaryError.self) {
            _ = try builder.build([planned([".secretary"], file)], after: nil, now: 0)
        }
        #expect(throws: SecretaryError.self) {
            _ = try builder.build([planned([String(repeating: "x", count: 256)], file)], after: nil, now: 0)
        }
    }

    @Test(
        "keys that cannot be file names are percent-encoded, each differently",
        arguments: [
            ("a/b", "a%2Fb"), (".", "%2E"), ("..", "%2E%2E"), ("...", "..."), ("", "%"), ("%", "%25"), ("a\0", "a%00"),
            ("%2F", "%252F"), ("ä b", "ä b"),
        ])
    func names(key: String, name: String) {
        #expect(FileName.encode(key.utf8) == Array(name.utf8))
    }

    @Test("extended attributes tell scope, source, version, state and age without decrypting")
    func extendedAttributes() throws {
        let fixture = try Fixture(["key": try envelope(of: 3), "plain": "x"])
        let inode = try fixture.walk("key").inode
        func value(_ name: String) throws -> String {
            String(
                decoding: try fixture.filesystem.extendedAttribute("user.secretary.\(name)", of: inode), as: UTF8.self)
        }
        #expect(try value("scope") == "none")
        #expect(try value("source") == "key:1:1")
        #expect(try value("version").count == 16)
        #expect(try value("state") == "sealed")
        #expect(try Int(value("age")) ?? 0 > 0)
        #expect(fixture.decryptor.count == 0)
        try fixture.filesystem.open(inode)
        #expect(try value("state") == "held")
        #expect(throws: Errno.noData) { try value("unknown") }
        #expect(throws: Errno.notSupported) {
            try fixture.filesystem.extendedAttribute("security.selinux", of: inode)
        }
        #expect(try fixture.filesystem.extendedAttributeNames(of: try fixture.walk("plain").inode).isEmpty)
    }

    @Test("a report stays the same from a look-up to the open that follows, and is new for everybody else")
    func reports() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)])
        let folder = try fixture.walk(".secretary").inode
        func status(_ reader: Int32) throws -> SecretFS.Inode {
            try fixture.filesystem.lookup(Array("status".utf8), in: folder, by: reader).node.inode
        }
        let first = try status(1)
        _ = try fixture.walk("key")
        #expect(try status(1) == first)
        let second = try status(2)
        #expect(second != first)
        #expect(try fixture.read(second).contains(#""kernel_nodes": 3,"#))
        #expect(try fixture.read(first).contains(#""kernel_nodes": 1,"#))
    }

    @Test("what the kernel gave back is forgotten: no node is kept for ever")
    func forgetting() throws {
        let fixture = try Fixture(["a/key": try envelope(of: 3)])
        for _ in 0..<3 { _ = try fixture.walk("a/key") }
        let status = try fixture.walk(".secretary/status")
        #expect(try fixture.read(status.inode).contains(#""kernel_nodes": 3,"#))
        fixture.filesystem.forget(status.inode, lookups: 1)
        fixture.filesystem.forget(try fixture.walk("a").inode, lookups: 4)
        fixture.filesystem.forget(try fixture.walk(".secretary").inode, lookups: 2)
        let again = try fixture.walk(".secretary/status")
        #expect(try fixture.read(again.inode).contains(#""kernel_nodes": 2,"#))
    }
}

import SecretaryCore
import SystemPackage
import Testing

@testable import SecretFS

@Suite("What a server shows of another's tree while it reads the source")
struct AwaitingTests {
    private func fixture(deadline: Duration = .seconds(60)) throws -> (Fixture, files: [String: String]) {
        let files = ["a/key": try envelope(of: 3), "plain": "text"]
        return (try Fixture(files, workerNumber: 1, deadline: deadline, awaitsSource: true), files)
    }

    private func open(_ fixture: Fixture, _ inode: SecretFS.Inode) -> Answer<Void> {
        let answer = Answer<Void>()
        fixture.filesystem.open(inode, by: .anybody) { result in
            answer.set(result)
            return true
        }
        return answer
    }

    private func read(_ fixture: Fixture, _ inode: SecretFS.Inode) -> Answer<String> {
        let answer = Answer<String>()
        unsafe fixture.filesystem.read(inode, count: 10, at: 1) { result in
            answer.set(unsafe result.map { unsafe String(decoding: $0, as: UTF8.self) })
        }
        return answer
    }

    @Test("names and attributes are answered at once, and content when the source has been read")
    func waiting() throws {
        let (fixture, files) = try fixture()
        let (secret, plain) = (try fixture.walk("a/key").inode, try fixture.walk("plain").inode)
        #expect(try fixture.filesystem.attributes(of: secret).attributes.size == 3)
        let openings = [secret, secret, plain].map { open(fixture, $0) }
        let readings = [secret, plain].map { read(fixture, $0) }
        #expect(fixture.filesystem.outside.count == 5)
        #expect(!openings.contains { $0.isThere } && !readings.contains { $0.isThere })
        try fixture.replace(by: files)
        for opening in openings { try opening.get() }
        #expect(try readings.map { try $0.get() } == ["**", "ext"])
        #expect(fixture.decryptor.count == 1)
        try eventually("only the handles are counted") { fixture.held.counts == (1, 2) }
        #expect(fixture.filesystem.outside.count == 0)
        #expect(open(fixture, secret).isThere)
    }

    @Test("who has waited as long as the deadline is told so")
    func deadline() throws {
        let (fixture, files) = try fixture(deadline: .milliseconds(50))
        let inode = try fixture.walk("a/key").inode
        #expect(throws: Errno.timedOut) { try open(fixture, inode).get() }
        #expect(throws: Errno.timedOut) { try read(fixture, inode).get() }
        try fixture.replace(by: files)
        #expect(fixture.decryptor.count == 0, "nobody waits any more")
        try open(fixture, inode).get()
    }

    @Test("when the source turns out to be broken, those who wait are told so, and nobody waits again")
    func broken() throws {
        let (fixture, files) = try fixture()
        let inode = try fixture.walk("a/key").inode
        let opening = open(fixture, inode)
        fixture.filesystem.endWaitingForSource()
        #expect(throws: Errno.ioError) { try opening.get() }
        #expect(open(fixture, inode).isThere)
        try fixture.replace(by: files)
        try open(fixture, inode).get()
    }

    @Test("a version that the source no longer has is gone, so that the kernel looks the name up again")
    func changed() throws {
        let (fixture, _) = try fixture()
        let inode = try fixture.walk("a/key").inode
        let (opening, reading) = (open(fixture, inode), read(fixture, inode))
        try fixture.replace(by: ["a/key": try envelope(of: 4)])
        #expect(throws: Errno.staleNFSFileHandle) { try opening.get() }
        #expect(throws: Errno.staleNFSFileHandle) { try reading.get() }
    }
}

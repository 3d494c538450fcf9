import SecretaryCore
import Synchronization
import SystemPackage
import Testing

@testable import SecretFS

@Suite("Opens that wait for something outside")
struct WaitingTests {
    /// A file system whose decryptor answers only when its gate is opened.
    private func fixture(
        _ names: [String] = ["key"], policy: CachePolicy = .open, deadline: Duration = .seconds(60)
    ) throws -> Fixture {
        let files = Dictionary(uniqueKeysWithValues: try names.map { ($0, try envelope(of: 3)) })
        return try Fixture(files, policy: policy, mayBlock: true, deadline: deadline)
    }

    /// An open that is under way.
    private struct Opening {
        let answer = Answer<Void>()
        /// What a signal would end.
        private(set) var waiter: Waiter?

        init(_ filesystem: Filesystem, _ inode: SecretFS.Inode) {
            let answer = answer
            var waiter: Waiter?
            filesystem.open(inode, by: .anybody) {
                waiter = $0
            } _: { result in
                answer.set(result)
                return true
            }
            self.waiter = waiter
        }
    }

    @Test("an open does not wait on the thread that serves the kernel, and is answered when there is an answer")
    func later() throws {
        let fixture = try fixture()
        let inode = try fixture.walk("key").inode
        let opening = Opening(fixture.filesystem, inode)
        #expect(!opening.answer.isThere)
        #expect(try fixture.filesystem.attributes(of: inode).attributes.size == 3, "a stat is answered meanwhile")
        fixture.decryptor.gate.open()
        try opening.answer.get()
        #expect(try fixture.read(inode) == "***")
        #expect(fixture.held.counts.handles == 1)
    }

    @Test("all who ask for a secret at the same time wait for one decryption, readers too")
    func singleFlight() throws {
        let fixture = try fixture()
        let inode = try fixture.walk("key").inode
        let openings = (0..<100).map { _ in Opening(fixture.filesystem, inode) }
        let reading = Answer<String>()
        unsafe fixture.filesystem.read(inode, count: 10, at: 1) { result in
            reading.set(unsafe result.map { unsafe String(decoding: $0, as: UTF8.self) })
        }
        #expect(!openings.contains { $0.answer.isThere } && !reading.isThere)
        fixture.decryptor.gate.open()
        for opening in openings { try opening.answer.get() }
        #expect(try reading.get() == "**")
        #expect(fixture.decryptor.count == 1)
        try eventually("only the handles are counted") { fixture.held.counts == (1, 100) }
        #expect(fixture.kernel.takeMessages() == [.store(inode, count: 3)])
    }

    @Test("who has waited as long as the deadline is told so, and what comes later is zeroed and shown to nobody")
    func deadline() throws {
        let fixture = try fixture(deadline: .milliseconds(100))
        let inode = try fixture.walk("key").inode
        let began = ContinuousClock.now
        for _ in 0..<2 {
            #expect(throws: Errno.timedOut) { try fixture.filesystem.open(inode) }
        }
        #expect(ContinuousClock.now - began >= .milliseconds(200))
        #expect(fixture.decryptor.count == 1, "the second waited for the first one's decryption")
        let status = try fixture.read(try fixture.walk(".secretary/status").inode)
        #expect(status.contains(#""error": "no answer within 0.1 seconds""#) && status.contains(#""count": 2"#))
        fixture.decryptor.gate.open()
        try eventually("the decryption ends") { !fixture.held.isBeingDecrypted(inode) }
        #expect(fixture.held.counts == (0, 0))
        #expect(fixture.kernel.takeMessages() == [])
        // A thread that answers can take longer than the deadline.
        try eventually("it is opened") { (try? fixture.filesystem.open(inode)) != nil }
        #expect(fixture.decryptor.count >= 2)
    }

    @Test("what is late for one is kept for another who still waits")
    func lateForSome() throws {
        let fixture = try fixture()
        let inode = try fixture.walk("key").inode
        let (first, second) = (Opening(fixture.filesystem, inode), Opening(fixture.filesystem, inode))
        first.waiter?.tell(.interrupted)
        #expect(throws: Errno.interrupted) { try first.answer.get() }
        #expect(!second.answer.isThere)
        fixture.decryptor.gate.open()
        try second.answer.get()
        try eventually("one handle is counted") { fixture.held.counts == (1, 1) }
        #expect(try fixture.read(inode) == "***")
    }

    @Test("a signal is no failure that the status tells of")
    func interrupted() throws {
        let fixture = try fixture()
        let opening = Opening(fixture.filesystem, try fixture.walk("key").inode)
        opening.waiter?.tell(.interrupted)
        #expect(throws: Errno.interrupted) { try opening.answer.get() }
        #expect(try fixture.read(try fixture.walk(".secretary/status").inode).contains(#""failures": [],"#))
        fixture.decryptor.gate.open()
    }

    @Test("however many secrets get no answer, one that is held opens at once, and the threads are bounded")
    func manyHanging() throws {
        let names = (0..<200).map { "key\($0)" }
        let fixture = try fixture(names)
        let openings = try names.map { Opening(fixture.filesystem, try fixture.walk($0).inode) }
        try eventually("as many as may be are asked for at once") { fixture.decryptor.count == 32 }
        #expect(fixture.filesystem.outside.count == 200)
        // Those in the queue are not asked for any more when nobody waits for them.
        for opening in openings[100...] { opening.waiter?.tell(.interrupted) }
        fixture.decryptor.gate.open()
        for opening in openings[..<100] { try opening.answer.get() }
        #expect(fixture.decryptor.count == 100)
        try fixture.filesystem.open(try fixture.walk("key0").inode)
        #expect(fixture.decryptor.count == 100)
        #expect(fixture.filesystem.outside.count == 0)
    }

    @Test("what is held is asked for again where the answer may be another by now; a refusal is for all who come after")
    func renewed() throws {
        let fixture = try fixture()
        fixture.decryptor.gate.open()
        let inode = try fixture.walk("key").inode
        try Opening(fixture.filesystem, inode).answer.get()
        try Opening(fixture.filesystem, inode).answer.get()
        #expect(fixture.decryptor.count == 1)
        fixture.decryptor.asksAgain.store(true, ordering: .relaxed)
        try Opening(fixture.filesystem, inode).answer.get()
        #expect(fixture.decryptor.count == 2)
        #expect(fixture.held.counts == (1, 3))
        fixture.decryptor.fail(with: SecretaryError(.denied, "no"))
        #expect(throws: Errno.permissionDenied) { try Opening(fixture.filesystem, inode).answer.get() }
        #expect(try fixture.read(inode) == "***", "who has it open reads it to the end")
        for _ in 0..<3 { fixture.held.release(inode) }
        #expect(fixture.held.isHeld(inode), "it lingers")
        #expect(throws: Errno.permissionDenied) { try Opening(fixture.filesystem, inode).answer.get() }
        #expect(!fixture.held.isHeld(inode))
    }

    @Test("who waits for it to be asked for again is no handle, and takes none from those that there are")
    func renewing() throws {
        let fixture = try fixture()
        fixture.decryptor.gate.open()
        let inode = try fixture.walk("key").inode
        try Opening(fixture.filesystem, inode).answer.get()
        let waiter = Waiter { _ in }
        guard case .begun = fixture.held.acquire(inode, for: .handle, renews: true, waiter) else {
            Issue.record("nobody has to ask")
            return
        }
        #expect(fixture.held.counts == (1, 1))
        fixture.held.release(inode)
        #expect(fixture.held.counts == (1, 0), "it lingers")
    }

    @Test("a decryptor that never waits is called where the request is, and needs no thread")
    func inline() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)])
        let opening = Opening(fixture.filesystem, try fixture.walk("key").inode)
        #expect(opening.answer.isThere && opening.waiter == nil)
    }

    @Test("under the policy resident a read waits as an open does", arguments: [CachePolicy.resident, .strict, .open])
    func reading(policy: CachePolicy) throws {
        let fixture = try fixture(policy: policy, deadline: .milliseconds(50))
        let inode = try fixture.walk("key").inode
        #expect(throws: Errno.timedOut) { try fixture.read(inode) }
        fixture.decryptor.gate.open()
        // A thread that answers can take longer than the deadline.
        try eventually("it is read") { (try? fixture.read(inode)) == "***" }
        #expect(fixture.kernel.takeMessages() == [], "a read holds the page that a store would wait for")
    }

    @Test("a failure reaches all who wait")
    func failure() throws {
        let fixture = try fixture()
        let inode = try fixture.walk("key").inode
        let openings = (0..<10).map { _ in Opening(fixture.filesystem, inode) }
        fixture.decryptor.fail(with: SecretaryError(.unavailable, "gone"))
        fixture.decryptor.gate.open()
        for opening in openings { #expect(throws: Errno.noRouteToHost) { try opening.answer.get() } }
        #expect(fixture.held.counts == (0, 0))
    }

    @Test("a server that ends leaves those who wait to its successor, and tells them nothing")
    func ending() throws {
        let fixture = try fixture()
        let inode = try fixture.walk("key").inode
        let opening = Opening(fixture.filesystem, inode)
        fixture.filesystem.outside.abandon()
        fixture.decryptor.gate.open()
        try eventually("the decryption ends") { !fixture.held.isBeingDecrypted(inode) }
        #expect(!opening.answer.isThere)
        #expect(fixture.held.counts == (0, 0))
    }
}

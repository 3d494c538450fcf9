import Glibc
import SecretaryCore
import SystemPackage
import Testing

@testable import SecretFS

@Suite("From an open to the decision")
struct AdmissionTests {
    private static let onlyUser7 = ReaderRules([
        ReaderRule(.allow, name: "rule 0", uid: 7), ReaderRule(.deny, name: "rule 1"),
    ])

    private func caller(_ uid: UInt32, thread: Int32 = 0) -> Caller { Caller(uid: uid, gid: 1, thread: thread) }

    @Test("a reader whom a rule denies gets EACCES, nothing is decrypted, and the mount says which rule it was")
    func denied() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)], readers: Self.onlyUser7)
        let inode = try fixture.walk("key").inode
        #expect(throws: Errno.permissionDenied) { try fixture.filesystem.open(inode, as: caller(8, thread: 5)) }
        #expect(fixture.decryptor.count == 0)
        #expect(fixture.held.counts == (0, 0))
        let status = try fixture.read(fixture.walk(".secretary/status").inode)
        #expect(status.contains("user 8 may not read it") && status.contains("rule 1"))
        try fixture.filesystem.open(inode, as: caller(7))
        #expect(try fixture.read(inode) == "***")
    }

    @Test("a secret that somebody has open is not open for all")
    func held() throws {
        let fixture = try Fixture(["key": try envelope(of: 3)], linger: .seconds(60), readers: Self.onlyUser7)
        let inode = try fixture.walk("key").inode
        try fixture.filesystem.open(inode, as: caller(7))
        #expect(throws: Errno.permissionDenied) { try fixture.filesystem.open(inode, as: caller(8)) }
        #expect(fixture.held.counts == (1, 1))
        fixture.filesystem.release(inode, openedBy: 0)
        #expect(throws: Errno.permissionDenied) { try fixture.filesystem.open(inode, as: caller(8)) }
        #expect(fixture.held.counts == (1, 0))
    }

    @Test("other rules for the same value hold from the next open on")
    func live() throws {
        let files = ["key": try envelope(of: 3)]
        let fixture = try Fixture(files)
        let inode = try fixture.walk("key").inode
        try fixture.filesystem.open(inode, as: caller(8))
        try fixture.replace(by: files, readers: Self.onlyUser7)
        #expect(try fixture.walk("key").inode == inode)
        #expect(throws: Errno.permissionDenied) { try fixture.filesystem.open(inode, as: caller(8)) }
        #expect(try fixture.read(inode) == "***", "what is open stays open")
        try fixture.replace(by: files)
        try fixture.filesystem.open(inode, as: caller(8))
    }

    @Test("scopes are asked after the rules, and before a key is touched")
    func scopes() throws {
        let payload: [UInt8] =
            [1] + [UInt8](repeating: 0, count: 16) + [10] + "/prod/shop".utf8
            + [UInt8](repeating: 0, count: 32 + 16 + 3)
        let text = String(decoding: try Envelope(kind: .hpke, payload: payload).text, as: UTF8.self)
        let fixture = try Fixture(["key": text], readers: Self.onlyUser7, app: "/prod/web")
        let inode = try fixture.walk("key").inode
        for uid: UInt32 in [7, 8] {
            #expect(throws: Errno.permissionDenied) { try fixture.filesystem.open(inode, as: caller(uid)) }
        }
        #expect(fixture.decryptor.count == 0)
        guard case .secret(let file) = try fixture.walk("key").body else { throw Errno.noData }
        func decide(_ uid: UInt32) -> ReaderDecision {
            file.verdict(on: ReaderProcess(uid: uid, gid: 1, pid: 0)).decision
        }
        #expect(decide(8) == ReaderDecision(isAllowed: false, rule: "rule 1"))
        #expect(
            decide(7)
                == ReaderDecision(
                    isAllowed: false, rule: "scope: the secret is sealed for /prod/shop, not for /prod/web"))
    }

    @Test("a reader that is gone, and one in another pid namespace, do not satisfy a rule about programs")
    func unknownReaders() throws {
        let rules = ReaderRules([
            ReaderRule(.allow, name: "rule 0", executable: try Glob(parsing: "**")), ReaderRule(.deny, name: "rule 1"),
        ])
        let fixture = try Fixture(["key": try envelope(of: 3)], readers: rules)
        let inode = try fixture.walk("key").inode
        let program = try RunningProgram("/usr/bin/cat")
        try fixture.filesystem.open(inode, as: caller(7, thread: program.pid))
        program.end()
        for thread in [program.pid, 0] {
            #expect(throws: Errno.permissionDenied) {
                try fixture.filesystem.open(inode, as: caller(7, thread: thread))
            }
        }
    }

    @Test("rules about readers cannot be kept where nobody hears of an open")
    func resident() throws {
        let decryptor = try CountingDecryptor(mayBlock: false)
        let files = ["key": try envelope(of: 3)]
        let bound = try Fixture.plan(files, decryptor, readers: Self.onlyUser7)
        try CachePolicy.open.requireObedience(to: bound)
        try CachePolicy.strict.requireObedience(to: bound)
        try CachePolicy.resident.requireObedience(to: Fixture.plan(files, decryptor, readers: ReaderRules()))
        let error = #expect(throws: SecretaryError.self) { try CachePolicy.resident.requireObedience(to: bound) }
        #expect(error?.code == .configuration)
        #expect(error?.hint?.contains("--cache open") == true)
    }
}

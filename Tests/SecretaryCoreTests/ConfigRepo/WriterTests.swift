import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import SecretaryCore

@Suite("Config files that somebody is writing")
struct WriterTests {
    /// A cache with a clock that a test moves, and a file that it has read.
    private final class Fixture: Sendable {
        let scratch: Scratch
        let cache: ConfigFileCache
        private let passed: Passed

        private final class Passed: Sendable {
            let nanoseconds = Mutex<Int64>(1_000_000_000)
        }

        init() throws {
            let passed = Passed()
            self.passed = passed
            scratch = try Scratch()
            cache = ConfigFileCache(keepsPlainText: true) {
                WallClock.nanoseconds() + passed.nanoseconds.withLock(\.self)
            }
        }

        func wait(_ seconds: Double) {
            passed.nanoseconds.withLock { $0 += Int64(seconds * 1e9) }
        }

        /// What the file holds, as the cache has it.
        func text() throws -> String? {
            let file = try cache.file("app.txt", in: scratch.path, format: .text, isUnsettled: false)
            guard case .value(let text) = file?.root else { return nil }
            return String(repeating: "x", count: text.value.plaintextCount)
        }

        /// Waits until the cache has this text, much shorter than it waits for a writer: a program that another test starts has for
        /// a moment whatever is open here.
        func becomes(_ expected: String) throws {
            let end = ContinuousClock.now + .seconds(1)
            while try text() != expected, .now < end { usleep(1000) }
            #expect(try text() == expected)
        }

        func open(_ options: FileDescriptor.OpenOptions) throws -> FileDescriptor {
            try .open(
                scratch.path.appending("app.txt"), .writeOnly, options: options.union(.closeOnExec),
                permissions: .ownerReadWrite)
        }
    }

    @Test("a file that was emptied and is still open holds what it held, though nobody told of a change for long")
    func emptied() throws {
        let fixture = try Fixture()
        try fixture.scratch.write("app.txt", "xxx")
        #expect(try fixture.text() == "xxx")
        fixture.cache.confirm()
        let writer = try fixture.open(.truncate)
        #expect(try fixture.text() == "xxx")
        #expect(fixture.cache.takeRestlessness())
        try writer.writeAll("xxxxx".utf8)
        #expect(try fixture.text() == "xxx")
        try writer.close()
        try fixture.becomes("xxxxx")
        _ = fixture.cache.takeRestlessness()
        #expect(try fixture.text() == "xxxxx")
        #expect(!fixture.cache.takeRestlessness(), "it is not looked at again and again")
    }

    @Test("a file that takes another's place, or is new, waits until it is written")
    func replaced() throws {
        let fixture = try Fixture()
        fixture.cache.confirm()
        let writer = try fixture.open(.create)
        #expect(try fixture.text() == nil)
        try writer.writeAll("xx".utf8)
        #expect(try fixture.text() == nil)
        try writer.close()
        try fixture.becomes("xx")
        fixture.cache.confirm()
        #expect(unsafe unlink(fixture.scratch["app.txt"].string) == 0)
        let second = try fixture.open(.create)
        #expect(try fixture.text() == "xx")
        try second.writeAll("xxxx".utf8)
        try second.close()
        try fixture.becomes("xxxx")
    }

    @Test("a file that stays open for writing is not waited for without end; the first reading waits for nothing")
    func patience() throws {
        let fixture = try Fixture()
        let writer = try fixture.open(.create)
        defer { try? writer.close() }
        try writer.writeAll("x".utf8)
        #expect(try fixture.text() == "x", "there is nothing better")
        fixture.cache.confirm()
        try writer.writeAll("x".utf8)
        #expect(try fixture.text() == "x")
        fixture.wait(5)
        #expect(try fixture.text() == "xx")
    }

    @Test("whoever wants to write a file while it is looked at is neither refused nor killed")
    func harmless() async throws {
        let scratch = try Scratch()
        try scratch.write("app.txt", "x")
        let path = scratch.path.appending("app.txt")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<20_000 { _ = SafeFile.isOpenForWriting(path) } }
            group.addTask {
                for _ in 0..<20_000 {
                    try FileDescriptor.open(path, .writeOnly, options: [.truncate, .closeOnExec]).close()
                }
            }
            try await group.waitForAll()
        }
        let end = ContinuousClock.now + .seconds(60)
        while SafeFile.isOpenForWriting(path), .now < end { usleep(1000) }
        #expect(!SafeFile.isOpenForWriting(path))
    }
}

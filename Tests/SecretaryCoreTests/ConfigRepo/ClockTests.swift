import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import SecretaryCore

@Suite("Config files after the clock was set back")
struct ClockTests {
    private final class Clock: Sendable {
        let offset = Mutex<Int64>(0)
        var now: Int64 { WallClock.nanoseconds() + offset.withLock { $0 } }
    }

    @Test("a file that was written in place is shown once it rests, though its times lie in the future")
    func future() async throws {
        let scratch = try Scratch()
        let clock = Clock()
        let cache = ConfigFileCache(keepsPlainText: true) { clock.now }
        func size() throws -> Int? {
            try cache.file("app.txt", in: scratch.path, format: .text, isUnsettled: false)?.size
        }
        try scratch.write("app.txt", "old")
        try await Task.sleep(for: .milliseconds(100))
        #expect(try size() == 3)
        cache.confirm()
        clock.offset.withLock { $0 = -3_600_000_000_000 }
        try scratch.write("app.txt", "newer")
        #expect(try size() == 3, "somebody may still be writing it")
        #expect(cache.takeRestlessness())
        let end = ContinuousClock.now + .seconds(120)
        while try size() == 3, .now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try size() == 5)
        _ = cache.takeRestlessness()
        cache.confirm()
        #expect(try size() == 5)
        #expect(!cache.takeRestlessness(), "it is not looked at again and again")
    }

    @Test("a file of any year is read", arguments: [-20_000_000_000, -1, 0, 9_223_372_037, 15_000_000_000])
    func years(seconds: Int) async throws {
        let scratch = try Scratch()
        let file = try scratch.write("app.txt", "old")
        // What the file system cannot keep it makes the nearest that it can.
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        try #require(unsafe utimensat(AT_FDCWD, file.string, &times, 0) == 0)
        let cache = ConfigFileCache(keepsPlainText: true)
        #expect(try cache.file("app.txt", in: scratch.path, format: .text, isUnsettled: false)?.size == 3)
    }
}

extension ConfigFile {
    /// Bytes of a text.
    fileprivate var size: Int? {
        if case .value(let text) = root { text.value.plaintextCount } else { nil }
    }
}

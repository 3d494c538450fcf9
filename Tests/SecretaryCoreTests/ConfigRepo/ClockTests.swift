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
        let end = ContinuousClock.now + .seconds(10)
        while try size() == 3, .now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try size() == 5)
        _ = cache.takeRestlessness()
        cache.confirm()
        #expect(try size() == 5)
        #expect(!cache.takeRestlessness(), "it is not looked at again and again")
    }
}

extension ConfigFile {
    /// Bytes of a text.
    fileprivate var size: Int? {
        if case .value(let text) = root { text.value.plaintextCount } else { nil }
    }
}

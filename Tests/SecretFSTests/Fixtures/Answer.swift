import Synchronization
import SystemPackage

@testable import SecretFS

/// What a request was answered, now or later.
final class Answer<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, Errno>?>(nil)
    private let waker = Waker()

    func set(_ result: Result<Value, Errno>) {
        self.result.withLock { $0 = result }
        waker.wake()
    }

    var isThere: Bool { result.withLock { $0 != nil } }

    /// Waits for it; not for ever.
    func get() throws -> Value {
        let end = ContinuousClock.now + .seconds(120)
        while !isThere, .now < end { waker.wait(until: end) }
        guard let result = result.withLock({ $0 }) else { throw Errno.timedOut }
        return try result.get()
    }
}

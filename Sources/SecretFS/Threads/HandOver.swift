internal import Synchronization

/// Passes a value that has one owner to a thread.
final class HandOver<Value: ~Copyable & Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: consuming Value) {
        self.value = Mutex(value)
    }

    /// The value, the first time.
    func take() -> Value? {
        value.withLock { $0.take() }
    }
}

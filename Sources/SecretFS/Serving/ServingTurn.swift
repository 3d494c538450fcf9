internal import Synchronization

/// By which work says that it may take long: usually one thread waits for the kernel's requests and does them, and another
/// one has to take its turn then.
final class ServingTurn: Sendable {
    /// A function in a generic type would be wrapped once more each time it is taken out.
    private struct Pass {
        let call: @Sendable () -> Void
    }

    private let pass = Mutex<Pass?>(nil)

    /// - Parameter pass: has another thread wait for requests; may be called on any thread.
    func connect(_ pass: @escaping @Sendable () -> Void) {
        self.pass.withLock { $0 = Pass(call: pass) }
    }

    /// To be called before a thread that serves the kernel waits for anything, or computes for long.
    func end() {
        pass.withLock { $0 }?.call()
    }
}

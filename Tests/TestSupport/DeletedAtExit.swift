internal import Glibc
internal import Synchronization

extension Scratch {
    private static let kept = Mutex<[Scratch]>([])
    private static let deletion = atexit { Scratch.kept.withLock { $0.removeAll() } }

    /// Keeps the folder until the tests end, and deletes it then: statics are never deinitialised.
    public func keepUntilExit() {
        _ = Self.deletion
        Self.kept.withLock { $0.append(self) }
    }
}

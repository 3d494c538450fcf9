internal import Glibc
internal import Synchronization

extension Scratch {
    private static let kept = Mutex<[Scratch]>([])
    // Not by letting go of them: statics that refer to them are never deinitialised.
    private static let deletion = atexit {
        Scratch.kept.withLock { kept in
            for scratch in kept { try? Scratch.delete(scratch.path, onDevice: nil) }
        }
    }

    /// Keeps the folder until the tests end, and deletes it then.
    public func keepUntilExit() {
        _ = Self.deletion
        Self.kept.withLock { $0.append(self) }
    }
}

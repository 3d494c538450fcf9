internal import SecretaryCore
internal import Synchronization

/// Whom an open was allowed to, for what becomes of it later.
final class AdmittedReader: Sendable {
    /// Of the tree that the file was found in.
    let generation: UInt64
    private let state = Mutex<ReaderProcess?>(nil)

    init(generation: UInt64) {
        self.generation = generation
    }

    /// `nil` until it is admitted.
    var reader: ReaderProcess? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

internal import SecretaryCore
internal import Synchronization

/// What is known by now of somebody's request for content, for what becomes of it later.
final class ContentRequest: Sendable {
    struct Facts {
        /// `nil` as long as only the source can say which it is.
        var file: SecretFile?
        /// Whom an open was allowed to.
        var reader: ReaderProcess?
        /// Of the tree that the file was found in.
        var generation: UInt64 = 0
    }

    private let state = Mutex(Facts())

    var facts: Facts {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

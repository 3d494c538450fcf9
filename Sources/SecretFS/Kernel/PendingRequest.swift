internal import CFuse3
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A request that may be answered later, from another thread, and until then be ended by a signal to the reader.
final class PendingRequest: Sendable {
    private struct State: ~Copyable {
        var request: Request?
    }

    private let state: Mutex<State>
    private let identity: RequestIdentity
    /// Whether a signal may end it.
    private let awaitsSignal = Atomic(false)

    init(_ request: fuse_req_t) {
        unsafe identity = RequestIdentity(request)
        unsafe state = Mutex(State(request: Request(request)))
    }

    /// The request, for who answers it: the first to ask.
    func take() -> Request? {
        if awaitsSignal.load(ordering: .acquiring) { Interrupts.forget(identity) }
        return state.withLock { $0.request.take() }
    }

    func fail(_ error: Errno) {
        take()?.fail(error)
    }

    /// Ends `waiter` when the reader gets a signal.
    ///
    /// To be called before anybody else can answer the request.
    func awaitSignal(_ waiter: Waiter) {
        awaitsSignal.store(true, ordering: .releasing)
        Interrupts.hear(identity, waiter)
    }
}

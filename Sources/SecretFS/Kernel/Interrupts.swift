internal import CFuse3
internal import Synchronization

/// Names a request as long as it is unanswered.
@safe struct RequestIdentity: @unchecked Sendable {  // libfuse lets any thread ask about a request
    fileprivate let request: fuse_req_t

    init(_ request: fuse_req_t) {
        unsafe self.request = unsafe request
    }

    fileprivate var address: UInt { UInt(bitPattern: unsafe request) }
}

/// The requests that wait, and that a signal to the reader ends (`FUSE_INTERRUPT`).
///
/// libfuse may call for a request that is being answered at this moment: who waits is looked up here, so that nothing is
/// reached through a pointer that has ended.
enum Interrupts {
    private static let waiting = Mutex<[UInt: Waiter]>([:])

    /// Ends `waiter` when the reader gets a signal, or has got it already.
    static func hear(_ identity: RequestIdentity, _ waiter: Waiter) {
        // Told at once of a signal that came before, it finds nobody: libfuse needs the request until it returns.
        unsafe fuse_req_interrupt_func(
            identity.request,
            { request, _ in
                guard let request = unsafe request else { return }
                unsafe Interrupts.waiter(for: RequestIdentity(request))?.tell(.interrupted)
            }, nil)
        let isInterrupted = waiting.withLock { waiting in
            // Asked under the lock: a signal that comes from now on finds the waiter.
            guard unsafe fuse_req_interrupted(identity.request) == 0 else { return true }
            waiting[identity.address] = waiter
            return false
        }
        if isInterrupted { waiter.tell(.interrupted) }
    }

    private static func waiter(for identity: RequestIdentity) -> Waiter? {
        waiting.withLock { $0[identity.address] }
    }

    /// The request is about to be answered.
    static func forget(_ identity: RequestIdentity) {
        waiting.withLock { _ = $0.removeValue(forKey: identity.address) }
    }
}

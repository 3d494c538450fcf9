internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread beside the main one.
@safe package final class BackgroundThread: Sendable {
    private let thread: pthread_t
    private let isJoined = Atomic(false)

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` on a thread that takes no signals: they belong to the main thread.
    /// - Parameter interruption: the one signal that it takes nevertheless.
    /// - Throws: `.system` when there can be no more threads.
    package init(
        interruptedBy interruption: Int32? = nil, _ body: @escaping @Sendable () -> Void
    ) throws(SecretaryError) {
        thread = try Self.start(body, interruptedBy: interruption)
    }

    /// The same for a thread that nobody waits for.
    package static func detach(_ body: @escaping @Sendable () -> Void) throws(SecretaryError) {
        pthread_detach(try start(body, interruptedBy: nil))
    }

    private static func start(
        _ body: @escaping @Sendable () -> Void, interruptedBy interruption: Int32?
    ) throws(SecretaryError) -> pthread_t {
        var blocked = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&blocked)
        if let interruption { unsafe sigdelset(&blocked, interruption) }
        unsafe pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            throw SecretaryError(.system, "cannot start a thread: \(unsafe String(cString: strerror(status)))")
        }
        return thread
    }

    /// Waits for it to end.
    package func join() {
        guard !isJoined.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pthread_join(thread, nil)
    }

    /// Sends it a signal, unless it has been joined.
    package func signal(_ number: Int32) {
        guard !isJoined.load(ordering: .acquiring) else { return }
        pthread_kill(thread, number)
    }
}

internal import Glibc
internal import SecretaryCore

/// A thread of the mount's own, beside libfuse's.
@safe final class BackgroundThread {
    private let thread: pthread_t

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` on a thread that takes no signals: they belong to the main thread.
    /// - Throws: `.system` when there can be no more threads.
    init(_ body: @escaping @Sendable () -> Void) throws(SecretaryError) {
        thread = try Self.start(body)
    }

    /// The same for a thread that nobody waits for.
    static func detach(_ body: @escaping @Sendable () -> Void) throws(SecretaryError) {
        pthread_detach(try start(body))
    }

    private static func start(_ body: @escaping @Sendable () -> Void) throws(SecretaryError) -> pthread_t {
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
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
    ///
    /// To be called once.
    func join() {
        pthread_join(thread, nil)
    }
}

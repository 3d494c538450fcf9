internal import CLinux
internal import Glibc
internal import SecretaryCore

/// A sign of life of the worker's main thread: a mutex in shared memory that it holds until it ends (robust mutexes, see
/// pthread_mutexattr_setrobust(3)).
///
/// The system reports the end of a process when the last of its threads is gone. A thread that was killed while it told the
/// kernel something is not gone before a request is answered, which nobody would do: the end of the main thread is known
/// at once.
@safe struct WorkerLife: Sendable {
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>  // never moves
    /// Keeps the mutex mapped.
    private let memory: SharedMemory

    init(at mutex: UnsafeMutablePointer<pthread_mutex_t>, in memory: SharedMemory) {
        unsafe self.mutex = unsafe mutex
        self.memory = memory
    }

    /// Prepares for another worker.
    ///
    /// The one before is dead, or holds another.
    func reset() {
        var attributes = pthread_mutexattr_t()
        unsafe pthread_mutexattr_init(&attributes)
        defer { unsafe pthread_mutexattr_destroy(&attributes) }
        unsafe pthread_mutexattr_setpshared(&attributes, Int32(PTHREAD_PROCESS_SHARED))
        unsafe pthread_mutexattr_setrobust(&attributes, Int32(PTHREAD_MUTEX_ROBUST))
        unsafe pthread_mutex_init(mutex, &attributes)
    }

    /// Called by the worker's main thread, which then lives until `end`, or its own end.
    func begin() {
        unsafe pthread_mutex_lock(mutex)
    }

    /// Called by the worker's main thread when it has done and said all that others could wait for.
    func end() {
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Returns when the thread has ended that called `begin`, or after `patience`.
    func waitForEnd(atMost patience: Duration? = nil) {
        var status: Int32
        if let patience {
            status = unsafe clinux_lock_within(mutex, Int(patience.components.seconds))
        } else {
            status = unsafe pthread_mutex_lock(mutex)
        }
        if status == EOWNERDEAD { status = unsafe pthread_mutex_consistent(mutex) }
        if status == 0 { unsafe pthread_mutex_unlock(mutex) }
    }
}

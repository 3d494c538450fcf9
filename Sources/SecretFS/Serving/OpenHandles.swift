internal import Synchronization

/// How many files of the mount are open, counted over all processes that serve it one after the other.
///
/// A file is counted before the kernel hears that it is open, and no more after the kernel has heard that its end was noted: a
/// process that dies in between leaves one too many, never one too few.
@safe final class OpenHandles: Sendable {
    /// In memory that outlives this process; `nil` where there is no other.
    nonisolated(unsafe) private let total: UnsafeMutablePointer<Atomic<Int>>?  // it is atomic, and never moves
    /// Keeps it mapped.
    private let memory: SharedMemory?
    /// How many of them others have opened.
    private let foreign = Atomic(0)

    init() {
        unsafe total = nil
        memory = nil
    }

    init(at total: UnsafeMutablePointer<Atomic<Int>>, in memory: SharedMemory) {
        unsafe self.total = unsafe total
        self.memory = memory
    }

    /// What is open now others have opened: to be called before the first request is served.
    func takeOver() {
        guard let total = unsafe total else { return }
        foreign.store(unsafe total.pointee.load(ordering: .acquiring), ordering: .releasing)
    }

    /// One is about to be given out.
    func open() {
        count(1)
    }

    /// One has ended.
    func close(isOwn: Bool) {
        count(-1)
        if !isOwn { foreign.subtract(1, ordering: .acquiringAndReleasing) }
    }

    /// Whether this process has opened all that are open.
    ///
    /// Once it is so, it remains so. The kernel tells the end of a handle after all reads by it: then nobody reads of whom this process does not know.
    var areAllOwn: Bool { foreign.load(ordering: .acquiring) <= 0 }

    private func count(_ difference: Int) {
        guard let total = unsafe total else { return }
        unsafe total.pointee.add(difference, ordering: .acquiringAndReleasing)
    }
}

internal import SecretaryCore
internal import Synchronization

/// Finds out about the process behind a request, and remembers for the next one what it had to open.
///
/// What it needs, besides being the user whom the process belongs to: `CAP_SYS_PTRACE` for `exe` and `ns/mnt` of other
/// users' processes, and of those with more privileges; to be under no rules of Landlock, which keep them from it even
/// then; nothing for `status`, `stat` and `cgroup`, unless `/proc` is mounted with `hidepid`, which is overcome by
/// `CAP_SYS_PTRACE`, too. What it may not see is `nil`, never an error.
final class ReaderInspector: Sendable {
    /// A thread that has asked before.
    private final class Known: Sendable {
        let thread: ProcThread
        let sight: ProcThread.Sight
        /// What the sight means.
        let reader: ReaderProcess
        /// When it was looked at last.
        let seen = Mutex(ContinuousClock.now)
        /// Volumes that were seen to be mounted where it is, and when.
        let volumes = Mutex<[String: ContinuousClock.Instant]>([:])

        init(thread: ProcThread, sight: ProcThread.Sight, reader: ReaderProcess) {
            self.thread = thread
            self.sight = sight
            self.reader = reader
        }
    }

    private let known = Mutex<[Int32: Known]>([:])
    /// Each costs two descriptors.
    static let capacity = 64
    /// How old the control groups may be that are only written down.
    ///
    /// The kernel takes longer to tell them than everything else together, and who opens many files opens one soon after
    /// another. The program is looked at each time: this also tells that the thread is the one from before.
    private static let freshness = Duration.milliseconds(1)
    /// So long it counts that a volume was mounted where a thread is.
    private static let mountFreshness = Duration.seconds(1)
    /// The number of the mount's own file system.
    private let device: @Sendable () -> String

    /// - Parameter device: the number of the mount's own file system, as mountinfo has it.
    init(device: @escaping @Sendable () -> String = { "" }) {
        self.device = device
    }

    /// - Parameters:
    ///   - caller: a thread that waits for an answer, and so neither ends nor executes another program before it gets one; a
    ///     decision about one that waits no more lets nobody read.
    ///   - forRules: whether it is asked for rules, and not only to be written down: then everything is looked at anew.
    ///   - willWait: called before the kernel is asked for what it may be busy changing, such as control groups.
    func reader(of caller: Caller, forRules: Bool = true, willWait: () -> Void = {}) -> ReaderProcess {
        var reader = ReaderProcess(uid: caller.uid, gid: caller.gid, pid: caller.thread)
        guard caller.thread > 0 else { return reader }
        let before = known.withLock { $0[caller.thread] }
        if let before, !forRules, ContinuousClock.now - before.seen.withLock({ $0 }) < Self.freshness,
            before.thread.stillExecutes(before.sight.executable)
        {
            return before.reader.asking(as: caller)
        }
        willWait()
        if let before, var sight = before.thread.look(atNamespace: forRules) {
            if !forRules { sight.mountNamespace = before.sight.mountNamespace }
            if sight == before.sight {
                reader = before.reader
                before.seen.withLock { $0 = .now }
            } else {
                reader = remember(before.thread, sight, of: caller)
            }
        } else if let thread = ProcThread(caller.thread), let sight = thread.look(atNamespace: forRules) {
            reader = remember(thread, sight, of: caller)
        } else {
            // What was seen of another one with its number says nothing of it.
            _ = known.withLock { $0.removeValue(forKey: caller.thread) }
        }
        return reader.asking(as: caller)
    }

    /// Whether a volume is mounted where the caller is, for itself: a mount of all volumes does not count.
    /// - Parameter caller: whose reader was asked for just now.
    func hasMounted(_ volume: String, caller: Caller, willWait: () -> Void) -> Bool {
        // Others may have asked meanwhile, so that it is forgotten.
        let known = known.withLock { $0[caller.thread] }
        let now = ContinuousClock.now
        if let seen = known?.volumes.withLock({ $0[volume] }), now - seen < Self.mountFreshness { return true }
        willWait()
        let device = device()
        guard !device.isEmpty, let thread = known?.thread ?? ProcThread(caller.thread),
            thread.hasMounted("/\(volume)", of: device)
        else { return false }
        known?.volumes.withLock { $0[volume] = now }
        return true
    }

    private func remember(_ thread: ProcThread, _ sight: ProcThread.Sight, of caller: Caller) -> ReaderProcess {
        let groups = ControlGroup(parsing: String(decoding: sight.controlGroups, as: UTF8.self))
        let reader = ReaderProcess(
            uid: caller.uid, gid: caller.gid, pid: thread.pid, startTime: thread.startTime,
            executable: sight.executable.map { String(decoding: $0, as: UTF8.self) },
            sharesMountNamespace: sight.mountNamespace != nil && sight.mountNamespace == ProcThread.ownMountNamespace,
            cgroup: groups?.path, container: groups?.container)
        let closed = known.withLock { known in
            // Most have ended by now: looking for the oldest would cost more than opening a few anew.
            let forgotten = known.count >= Self.capacity ? known : [:]
            if !forgotten.isEmpty { known = [:] }
            known[caller.thread] = Known(thread: thread, sight: sight, reader: reader)
            return forgotten
        }
        // Their descriptors are closed here, not under the lock.
        _ = consume closed
        return reader
    }
}

extension ReaderProcess {
    /// With user and group as they are for this request: they can change from one to the next.
    fileprivate func asking(as caller: Caller) -> ReaderProcess {
        var reader = self
        reader.uid = caller.uid
        reader.gid = caller.gid
        return reader
    }
}

/// The process that opens a file, as far as it is known.
///
/// User and group are what the kernel decides by (`fsuid`, `fsgid`). Everything else is found out from `/proc`, and what
/// is `nil` could not be: the process has ended, it is in another pid namespace, or looking at it is not permitted.
public struct ReaderProcess: Sendable, Hashable {
    public var uid: UInt32
    public var gid: UInt32
    /// Of the process, not of its thread; 0 for one that has no number in our pid namespace.
    public var pid: Int32
    /// Clock ticks from boot to the start of the process (field 22 of proc_pid_stat(5)): tells it from another process
    /// that gets the same number later.
    public var startTime: UInt64?
    /// The program that it runs, as `/proc/PID/exe` names it.
    ///
    /// The path in the process's own view of the file system, with ` (deleted)` after it when the file is no longer there.
    public var executable: String?
    /// Whether its mount namespace is ours, so that the path of `executable` means the same file to both.
    ///
    /// In a container it is not.
    public var sharesMountNamespace: Bool
    /// Its control group: the path from the root of the hierarchy.
    public var cgroup: String?
    /// What its container is called by whoever runs it, taken from the control group.
    public var container: String?
    /// What whoever runs the container says of it; `nil` when nobody was asked.
    public var facts: ContainerFacts?

    public init(
        uid: UInt32, gid: UInt32, pid: Int32, startTime: UInt64? = nil, executable: String? = nil,
        sharesMountNamespace: Bool = false, cgroup: String? = nil, container: String? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.startTime = startTime
        self.executable = executable
        self.sharesMountNamespace = sharesMountNamespace
        self.cgroup = cgroup
        self.container = container
    }
}

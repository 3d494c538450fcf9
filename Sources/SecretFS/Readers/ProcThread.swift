internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// A thread in `/proc`, held open.
///
/// What is read through an open folder of `/proc` is of this thread and no other: after its end nothing can be read
/// (`ESRCH`), also when another one has got its number.
///
/// Of what is in there, `cmdline`, `environ` and `maps` are never read: for them the kernel takes a lock that the process
/// itself can hold.
final class ProcThread: Sendable {
    /// Of the process.
    let pid: Int32
    /// Of the process; see `ReaderProcess.startTime`.
    let startTime: UInt64?
    private let folder: FileDescriptor
    private let controlGroups: FileDescriptor

    /// What can change from one look to the next.
    struct Sight: Equatable {
        /// The text of `cgroup`.
        var controlGroups: [UInt8]
        /// What `exe` points to; `nil` when it cannot be known: a kernel thread, or no permission.
        var executable: [UInt8]?
        /// Names the mount namespace; `nil` without permission.
        var mountNamespace: [UInt8]?
    }

    /// - Returns: `nil` when there is no such thread, it may not be looked at, or no descriptor is left.
    init?(_ thread: Int32) {
        guard let folder = Self.open("/proc/\(thread)", in: AT_FDCWD, O_DIRECTORY) else { return nil }
        guard let pid = Self.process(of: folder), let groups = Self.open("cgroup", in: folder.rawValue, 0) else {
            try? folder.close()
            return nil
        }
        self.folder = folder
        self.controlGroups = groups
        self.pid = pid
        if pid == thread {
            self.startTime = Self.startTime(in: Self.beginning(of: "stat", in: folder.rawValue))
        } else {
            // By its number, which is that of the right process unless this thread has ended by now; if it has, there
            // will be no look at it.
            self.startTime = Self.startTime(in: Self.beginning(of: "/proc/\(pid)/stat", in: AT_FDCWD))
        }
    }

    deinit {
        try? controlGroups.close()
        try? folder.close()
    }

    /// - Parameter atNamespace: whether the mount namespace counts; not having to look at it saves a call.
    /// - Returns: `nil` when the thread has ended.
    func look(atNamespace: Bool) -> Sight? {
        // What is too long is not taken: half of it could mean something else.
        guard let groups = Self.beginning(of: controlGroups), groups.count < Self.limit else { return nil }
        return Sight(
            controlGroups: groups, executable: executable,
            mountNamespace: atNamespace ? Self.link("ns/mnt", in: folder.rawValue) : nil)
    }

    /// What `exe` points to; `nil` when the thread has ended, too.
    private var executable: [UInt8]? { Self.link("exe", in: folder.rawValue) }

    /// Whether `exe` points to what it did before; not when that could not be known.
    func stillExecutes(_ executable: [UInt8]?) -> Bool {
        guard let executable else { return false }
        return unsafe Self.read {
            unsafe readlinkat(folder.rawValue, "exe", $0, $1)
        } as: { target in
            unsafe target.count < Self.limit && target.elementsEqual(executable)
        } ?? false
    }

    /// Whether the thread sees a mount of this folder of a file system, or of a part of the folder.
    func hasMounted(_ path: String, of device: String) -> Bool {
        guard let file = Self.open("mountinfo", in: folder.rawValue, 0) else { return false }
        defer { try? file.close() }
        guard let text = try? file.readToEnd() else { return false }
        return MountTable(text: String(decoding: text, as: UTF8.self)).contains(path, of: device)
    }

    /// The mount namespace of this process.
    static let ownMountNamespace = link("/proc/self/ns/mnt", in: AT_FDCWD)

    // MARK: Reading

    /// How much is read of anything: more than the longest path, and than what is looked at of longer texts.
    private static let limit = 8192

    private static func open(_ name: String, in folder: CInt, _ flags: CInt) -> FileDescriptor? {
        let descriptor = unsafe openat(folder, name, O_RDONLY | O_CLOEXEC | flags)
        return descriptor < 0 ? nil : FileDescriptor(rawValue: descriptor)
    }

    private static func link(_ name: String, in folder: CInt) -> [UInt8]? {
        unsafe read {
            unsafe readlinkat(folder, name, $0, $1)
        } as: {
            unsafe $0.count < limit ? Array($0) : nil
        }
    }

    static func beginning(of name: String, in folder: CInt) -> [UInt8]? {
        guard let file = open(name, in: folder, 0) else { return nil }
        defer { try? file.close() }
        return beginning(of: file)
    }

    private static func beginning(of file: FileDescriptor) -> [UInt8]? {
        unsafe read {
            unsafe pread(file.rawValue, $0, $1, 0)
        } as: {
            unsafe Array($0)
        }
    }

    /// - Returns: `nil` when the call gives nothing.
    private static func read<Result>(
        _ call: (UnsafeMutablePointer<CChar>, Int) -> Int, as result: (UnsafeRawBufferPointer) -> Result?
    ) -> Result? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: limit) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = unsafe call(base, limit)
            return count > 0 ? unsafe result(UnsafeRawBufferPointer(start: base, count: count)) : nil
        }
    }

    // MARK: Parsing

    /// The line `Tgid` of `status` (proc_pid_status(5)).
    private static func process(of thread: FileDescriptor) -> Int32? {
        guard let text = beginning(of: "status", in: thread.rawValue) else { return nil }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: "Tgid:".utf8) }) else { return nil }
        return Int32(String(decoding: line.dropFirst("Tgid:\t".utf8.count), as: UTF8.self))
    }

    /// Field 22 of `stat`.
    private static func startTime(in text: [UInt8]?) -> UInt64? {
        // The second field, the program's name in parentheses, can hold anything.
        guard let text, let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[end...].split(separator: UInt8(ascii: " "))
        guard fields.count > 20 else { return nil }
        return UInt64(String(decoding: fields[20], as: UTF8.self))
    }
}

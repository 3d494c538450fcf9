internal import Glibc
internal import SecretaryCore
public import SystemPackage

/// What a supervisor leaves to the one that takes its place: the mount, its memory, and the worker that goes on serving.
public struct SupervisorHandover: Sendable {
    /// Of `MountMemory`.
    var memory: [FileDescriptor]
    var connection: FileDescriptor
    /// The claim on the mountpoint.
    var claim: FileDescriptor
    /// Private keys that came in environment variables.
    var keys: FileDescriptor?
    var worker: Worker?

    struct Worker {
        var number: UInt64
        var pid: pid_t
        var control: FileDescriptor
    }

    // MARK: As an argument

    /// Numbers of descriptors, for a program that takes this one's place.
    var text: String {
        let numbers = (memory + [connection, claim]).map { String($0.rawValue) }
        let keys = keys.map { String($0.rawValue) } ?? "-"
        let worker = worker.map { "\($0.number):\($0.pid):\($0.control.rawValue)" } ?? "-"
        return (numbers + [keys, worker]).joined(separator: ",")
    }

    /// - Parameter text: what `text` gave; the descriptors close on exec from then on.
    /// - Returns: `nil` for anything else.
    public init?(text: String) {
        let words = text.split(separator: ",")
        let count = MountMemory.descriptorCount
        guard words.count == count + 4 else { return nil }
        let numbers = words[..<(count + 2)].compactMap { Int32($0) }
        guard numbers.count == count + 2 else { return nil }
        let descriptors = numbers.map(FileDescriptor.init(rawValue:))
        memory = Array(descriptors[..<count])
        connection = descriptors[count]
        claim = descriptors[count + 1]
        keys = Int32(words[count + 2]).map(FileDescriptor.init(rawValue:))
        let parts = words[count + 3].split(separator: ":")
        if parts.count == 3, let number = UInt64(parts[0]), let pid = pid_t(parts[1]), let control = Int32(parts[2]) {
            worker = Worker(number: number, pid: pid, control: FileDescriptor(rawValue: control))
        }
        setCloseOnExec(true)
    }

    init(
        memory: [FileDescriptor], connection: FileDescriptor, claim: FileDescriptor, keys: FileDescriptor?,
        worker: Worker?
    ) {
        self.memory = memory
        self.connection = connection
        self.claim = claim
        self.keys = keys
        self.worker = worker
    }

    /// Whether the descriptors are closed when another program takes this one's place.
    func setCloseOnExec(_ closes: Bool) {
        for descriptor in memory + [connection, claim, keys, worker?.control].compactMap(\.self) {
            _ = fcntl(descriptor.rawValue, F_SETFD, closes ? FD_CLOEXEC : 0)
        }
    }

    // MARK: In the service manager's store

    private static let memoryNames = ["memory", "outline-a", "outline-b"]

    /// The descriptors under the names that `init(stored:)` knows; the worker does not outlive its supervisor there.
    var stored: [(name: String, descriptor: FileDescriptor)] {
        var stored = Array(zip(Self.memoryNames, memory)).map { (name: $0, descriptor: $1) }
        stored += [("connection", connection), ("claim", claim)]
        if let keys { stored.append(("keys", keys)) }
        return stored
    }

    /// - Returns: `nil` unless all of a mount is there.
    public init?(stored: [String: FileDescriptor]) {
        let memory = Self.memoryNames.compactMap { stored[$0] }
        guard memory.count == Self.memoryNames.count, let connection = stored["connection"], let claim = stored["claim"]
        else { return nil }
        self.init(memory: memory, connection: connection, claim: claim, keys: stored["keys"], worker: nil)
    }

    /// Lets go of a mount that ended while no supervisor was there: what is kept of it claims the mountpoint.
    ///
    /// That need not be all: systemd drops the connection when it shows an error.
    public static func abandon(_ stored: [String: FileDescriptor]) {
        if let claim = stored["claim"] { flock(claim.rawValue, LOCK_UN) }
        let manager = ServiceManager()
        for (name, descriptor) in stored {
            manager?.forget(name)
            try? descriptor.close()
        }
    }

    /// Whether the mount still stands: a connection whose mount is gone shows an error (`POLLERR`).
    public var isMounted: Bool {
        var polled = pollfd(fd: connection.rawValue, events: 0, revents: 0)
        return unsafe poll(&polled, 1, 0) == 0
    }
}

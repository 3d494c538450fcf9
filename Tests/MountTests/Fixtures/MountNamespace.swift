import Glibc
import SystemPackage
import TestSupport

/// Where the commands of a test see and make mounts (`mount_namespaces(7)`).
///
/// An ordinary user can only mount when `/dev/fuse` is open to all, as udev makes it. Where there is no udev it is not:
/// then these tests have a namespace of their own in which it is, and the machine stays as it is.
enum MountNamespace {
    /// Of the tests themselves: root's tests look at their mounts from here.
    case own
    /// One with a `/dev/fuse` that is open to all.
    case open

    /// The number of a process that is in it.
    var process: pid_t {
        get async throws {
            switch self {
            case .own: getpid()
            case .open: try await Self.holder.value.pid
            }
        }
    }

    /// What is put before a command so that it runs there.
    ///
    /// The root folder is entered, too: whoever enters a namespace without it leaves a `chroot` that the tests run in.
    var entrance: [String] {
        get async throws {
            switch self {
            case .own: []
            case .open: ["nsenter", "--target", "\(try await process)", "--mount", "--root", "--"]
            }
        }
    }

    /// A process that does nothing but keep the namespace; it ends with the tests.
    private static let holder = Task {
        let scratch = try Scratch("device")
        // What is mounted here must not appear elsewhere. Only where /dev/fuse is mounted matters, and "/" is not a mount
        // in a chroot, so that unshare could not see to it.
        let script = """
            \(OwnMounts.script)
            mount --make-private "$(stat -c %m /dev/fuse)"
            mknod "$0/fuse" c 10 229
            chmod 0666 "$0/fuse"
            mount --bind "$0/fuse" /dev/fuse
            echo ready
            exec tail --pid="$1" --sleep-interval=5 -f /dev/null >/dev/null 2>&1
            """
        let child = try Child(
            [
                "unshare", "--mount", "--propagation", "unchanged", "sh", "-euc", script, scratch.path.string,
                "\(getpid())",
            ],
            output: scratch["output"], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        try await eventually("a namespace is made") {
            guard child.isRunning else { throw MountFailure("unshare failed: \(try scratch.readText("output"))") }
            return try scratch.readText("output") == "ready\n"
        }
        return child
    }
}

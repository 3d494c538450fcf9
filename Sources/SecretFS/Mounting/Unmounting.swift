internal import Glibc
public import SecretaryCore
public import SystemPackage

/// Ending mounts from outside their server.
public enum Unmounting {
    /// Unmounts the SecretFS at `path`, and waits until its server has zeroed its memory and ended.
    /// - Parameter lazily: also when files are open there. They can be read on, and the server ends, unwaited for, when the
    ///   last of them is closed.
    /// - Throws: `.mount` when it is no SecretFS mount, is in use, or the server does not end in time.
    public static func unmount(_ path: FilePath, lazily: Bool, deadline: Duration = .seconds(10)) throws(SecretaryError)
    {
        let table = try MountTable()
        let path = (try? MountPath.resolve(path)) ?? path.string
        guard let type = table.type(at: path) else {
            throw SecretaryError(.mount, "nothing is mounted at \(path)")
        }
        guard type == MountTable.secretFSType else {
            throw SecretaryError(.mount, "\(path) is a mount of type \(type), not a SecretFS mount")
        }
        try detach(path, lazily: lazily)
        if !lazily { try waitForServer(of: path, until: .now + deadline) }
    }

    /// Takes the mount away.
    static func detach(_ path: String, lazily: Bool) throws(SecretaryError) {
        if MountRequirements.mayMountDirectly {
            guard unsafe umount2(path, lazily ? Int32(MNT_DETACH) : 0) != 0 else { return }
            let error = Errno(rawValue: errno)
            throw SecretaryError(
                .mount, "cannot unmount \(path): \(error)",
                hint: error == .resourceBusy
                    ? "end the processes that have files open there (fuser -vm \(path)), or use --lazy" : nil)
        }
        let (status, message) = try Fusermount.run(lazily ? ["-u", "-z", path] : ["-u", path])
        guard status == 0 else {
            throw SecretaryError(
                .mount, "cannot unmount \(path): \(message.isEmpty ? "fusermount3 failed" : message)",
                hint: message.contains("busy")
                    ? "end the processes that have files open there (fuser -vm \(path)), or use --lazy" : nil)
        }
    }

    /// The server holds its claim on the directory until it ends.
    private static func waitForServer(of path: String, until deadline: ContinuousClock.Instant) throws(SecretaryError) {
        // Another mount, or nobody's business: then there is nothing to wait for.
        guard let directory = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec])
        else { return }
        defer { try? directory.close() }
        let waiting = Waker()
        while flock(directory.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < deadline else {
                throw SecretaryError(
                    .mount, "\(path) is unmounted, but its server has not ended",
                    hint:
                        "a container or another mount namespace may have it mounted still: grep -l \(path) /proc/*/mountinfo"
                )
            }
            // flock cannot be waited for with a deadline; a server ends within milliseconds.
            waiting.wait(until: .now + .milliseconds(2))
        }
    }
}

internal import CLinux
internal import Glibc
public import SecretaryCore
internal import SystemPackage

/// A mount namespace in which mounts are seen by this process and those that it starts, and by nobody else
/// (mount_namespaces(7)).
public enum PrivateNamespace {
    /// Moves this process into a new one.
    ///
    /// Who has no privileges gets a user namespace around it (user_namespaces(7)), in which there is no other user: there
    /// they may mount. The process must have no other threads, and must not have been made undumpable, as the files in `/proc`
    /// by which this is done would not be its own.
    /// - Throws: `.mount` with the reason and the fix when the machine does not let this user have one.
    public static func enter() throws(SecretaryError) {
        if Capabilities.effective.contains(.administer) {
            guard clinux_unshare(UInt(CLONE_NEWNS)) == 0 else { throw refused(Errno(rawValue: errno)) }
        } else {
            // Asked for before: inside, nobody is anybody until the maps are written.
            let (user, group) = (geteuid(), getegid())
            guard clinux_unshare(UInt(CLONE_NEWUSER | CLONE_NEWNS)) == 0 else {
                throw refused(Errno(rawValue: errno))
            }
            do {
                try write("deny", to: "/proc/self/setgroups")
                try write("\(user) \(user) 1", to: "/proc/self/uid_map")
                try write("\(group) \(group) 1", to: "/proc/self/gid_map")
            } catch {
                throw refused(error as? Errno ?? .ioError)
            }
        }
        try keepMountsInside()
    }

    private static func write(_ text: String, to file: FilePath) throws {
        let file = try FileDescriptor.open(file, .writeOnly, options: .closeOnExec)
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    /// What is mounted outside still appears inside, and nothing the other way.
    private static func keepMountsInside() throws(SecretaryError) {
        let recursively = UInt(MS_REC) | UInt(MS_SLAVE)
        if unsafe mount(nil, "/", nil, recursively, nil) == 0 { return }
        guard errno == EINVAL else { throw refused(Errno(rawValue: errno)) }
        // In a chroot, "/" need not be a mount: then each by itself, and those that are out of reach do not matter.
        for entry in try MountTable().entries {
            _ = unsafe mount(nil, entry.mountpoint, nil, UInt(MS_SLAVE), nil)
        }
    }

    private static func refused(_ error: Errno) -> SecretaryError {
        if let obstacle = KernelChecks.namespaceObstacle(.this) {
            return SecretaryError(
                .mount, "no private mounts: \(error): \(obstacle.reason)", hint: obstacle.fix)
        }
        return SecretaryError(
            .mount, "no private mounts: the system refuses a namespace: \(error)",
            hint: "in a container, its security profile may forbid unshare(2), and a chroot does; "
                + "else run as root, or see secretaryctl doctor")
    }
}

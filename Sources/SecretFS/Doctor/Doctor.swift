/// Looks at everything on a machine that mounts depend on.
public enum Doctor {
    /// What there is to say, in the order in which it is to be read.
    public static func examine(_ machine: Machine) -> [Finding] {
        [
            MountChecks.device(machine), MountChecks.fusermount(machine), MountChecks.allowOther(machine),
            MountChecks.control(machine), KernelChecks.version(machine), KernelChecks.namespaces(machine),
            KernelChecks.filters(machine), KernelChecks.landlock(machine), KernelChecks.inotify(machine),
            MemoryChecks.locking(machine), MemoryChecks.swap(machine), MemoryChecks.cores(machine),
            MemoryChecks.tracing(machine),
        ] + MountChecks.mounts(machine)
    }
}

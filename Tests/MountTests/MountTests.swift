import Glibc
import Testing

/// The real program on the real kernel: every test mounts a config repo of its own, and must leave nothing behind.
///
/// One after the other: some measure how soon something happens, and all share the machine's few processors with the
/// servers that they start.
@Suite("Mounts", .serialized, .enabled(if: canMount, "needs root and /dev/fuse"))
enum MountTests {}

private let canMount = unsafe geteuid() == 0 && access("/dev/fuse", F_OK) == 0

internal import CLinux
internal import Glibc
internal import SystemPackage

/// Parts of root's power, by the numbers of capabilities(7).
public struct Capabilities: OptionSet, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reading files and entering folders whatever their permissions say (`CAP_DAC_READ_SEARCH`).
    public static let readEverything = Capabilities(number: CAP_DAC_READ_SEARCH)
    /// Learning which program another user's process runs (`CAP_SYS_PTRACE`).
    public static let inspectProcesses = Capabilities(number: CAP_SYS_PTRACE)
    /// Asking whether somebody else's file is being written (`CAP_LEASE`).
    public static let leaseEverything = Capabilities(number: CAP_LEASE)
    /// Mounting and unmounting (`CAP_SYS_ADMIN`).
    public static let administer = Capabilities(number: CAP_SYS_ADMIN)

    fileprivate init(number: Int32) { self.init(rawValue: 1 << UInt64(number)) }
}

extension Capabilities {
    /// Those in force for the calling thread; nothing when the kernel does not say.
    public static var effective: Capabilities { current.effective }

    private static var current: (effective: Capabilities, permitted: Capabilities) {
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        var inheritable: UInt64 = 0
        guard unsafe clinux_get_capabilities(&effective, &permitted, &inheritable) == 0 else { return ([], []) }
        return (Capabilities(rawValue: effective), Capabilities(rawValue: permitted))
    }

    /// Has programs that this process executes get the right to mount, although its user is not root (ambient
    /// capabilities); only who has it can do so.
    public static func lendAdministration() throws(SecretaryError) {
        let (effective, permitted) = current
        let result = clinux_set_capabilities(
            effective.rawValue, permitted.rawValue, Capabilities.administer.rawValue)
        guard result == 0, clinux_raise_ambient(CAP_SYS_ADMIN) == 0 else {
            throw SecretaryError(.system, "cannot hand the right to mount on: \(Errno(rawValue: errno))")
        }
    }

    /// Programs that are executed from now on do not get it any more.
    public static func endLending() {
        let (effective, permitted) = current
        _ = clinux_clear_ambient_set()
        _ = clinux_set_capabilities(effective.rawValue, permitted.rawValue, 0)
    }

    /// Gives up, for good, all but these of what the calling thread has: from the effective, permitted, inheritable and
    /// ambient sets, and from the bounding set as far as it may change that.
    ///
    /// Threads that are started later have no more than their starter.
    /// - Throws: `.system` when something is left that should not be.
    func keepOnlyThese() throws(SecretaryError) {
        dropFromBoundingSet()
        _ = clinux_clear_ambient_set()
        let kept = Self.current.permitted.intersection(self)
        let result = clinux_set_capabilities(kept.rawValue, kept.rawValue, 0)
        guard result == 0 else {
            throw SecretaryError(.system, "cannot give up privileges: \(Errno(rawValue: errno))")
        }
        guard Self.current == (kept, kept) else {
            throw SecretaryError(.system, "the kernel did not take away the privileges that were given up")
        }
    }

    /// Takes all others out of what executing a program can give.
    ///
    /// Only who has `CAP_SETPCAP` may. Who has not got it has nothing to lose, and what a set-user-id program would give
    /// is forbidden by `no_new_privs`.
    private func dropFromBoundingSet() {
        for number in 0..<Int32(64) {
            let isThere = clinux_is_in_bounding_set(number)
            guard isThere >= 0 else { return }
            if isThere == 1, !contains(Capabilities(number: number)) { _ = clinux_drop_from_bounding_set(number) }
        }
    }
}

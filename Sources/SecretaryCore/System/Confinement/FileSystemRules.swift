internal import CLinux
internal import Glibc
internal import SystemPackage

/// Forbids a process to change or execute any file, but for those in one folder (landlock(7)).
///
/// Reading stays as permissions have it: a source may be put in place by pointing a symbolic link to another folder,
/// which nobody knows when the rules are made, and rules of Landlock hold for folders, not for their names.
struct FileSystemRules {
    /// Where files may be made, written, renamed and removed.
    var writableFolder: FilePath?
    /// Whether TCP connections may be made.
    var allowsNetwork = false

    /// Puts the rules in force for the calling thread, and those that it starts later, as far as the kernel can.
    ///
    /// The process must have given up new privileges before.
    /// - Returns: the version of Landlock; `nil` when the kernel has none.
    /// - Throws: `.system` when the rules are refused, or the folder is not there.
    func apply() throws(SecretaryError) -> Int? {
        let version = Int(clinux_landlock_version())
        guard version > 0 else { return nil }
        var rights = clinux_landlock_ruleset(
            handled_access_fs: changes(version) | UInt64(LANDLOCK_ACCESS_FS_EXECUTE),
            handled_access_net: version >= 4 && !allowsNetwork ? Self.tcp : 0,
            scoped: version >= 6 ? Self.abstractSocketsAndSignals : 0)
        let size = Self.size(version)
        let ruleset = FileDescriptor(rawValue: unsafe clinux_landlock_create(&rights, size))
        guard ruleset.rawValue >= 0 else { throw Self.refused(Errno(rawValue: errno)) }
        defer { try? ruleset.close() }
        if let writableFolder { try allow(writableFolder, ruleset, version) }
        guard clinux_landlock_restrict(ruleset.rawValue) == 0 else { throw Self.refused(Errno(rawValue: errno)) }
        return version
    }

    private func allow(_ folder: FilePath, _ ruleset: FileDescriptor, _ version: Int) throws(SecretaryError) {
        do {
            let folder = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
            defer { try? folder.close() }
            let access = changes(version) & ~Self.special
            guard clinux_landlock_allow_beneath(ruleset.rawValue, folder.rawValue, access) == 0 else {
                throw Errno(rawValue: errno)
            }
        } catch {
            throw SecretaryError(.system, "cannot keep \(folder) writable for the server: \(error)")
        }
    }

    private static func refused(_ error: Errno) -> SecretaryError {
        SecretaryError(.system, "cannot forbid the server to change files: \(error)")
    }

    /// All rights to change a file system that this version knows.
    private func changes(_ version: Int) -> UInt64 {
        var rights = UInt64(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
        rights |= UInt64(LANDLOCK_ACCESS_FS_REMOVE_FILE) | Self.special
        // Between folders; without this right, no version allows it.
        if version >= 2 { rights |= UInt64(LANDLOCK_ACCESS_FS_REFER) }
        if version >= 3 { rights |= Self.truncate }
        if version >= 5 { rights |= Self.deviceControl }
        return rights
    }

    /// What is no ordinary file, which nobody needs anywhere.
    private static let special =
        UInt64(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR)
        | UInt64(LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
        | UInt64(LANDLOCK_ACCESS_FS_MAKE_SYM)

    // Newer than the headers of some systems that this is built on.
    private static let truncate: UInt64 = 1 << 14
    private static let deviceControl: UInt64 = 1 << 15
    private static let tcp: UInt64 = 1 << 0 | 1 << 1
    private static let abstractSocketsAndSignals: UInt64 = 1 << 0 | 1 << 1

    /// Kernels refuse a larger structure than they know.
    private static func size(_ version: Int) -> Int {
        switch version {
        case ..<4: 8
        case ..<6: 16
        default: 24
        }
    }
}

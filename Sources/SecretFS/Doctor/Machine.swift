internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// What the checks look at: this machine, or what a test makes up.
public struct Machine: Sendable {
    var isRoot: Bool
    /// The text of a file of `/proc`, `/sys` or `/etc`; `nil` when there is none that can be read.
    var text: @Sendable (_ path: String) -> String?
    /// Why `/dev/fuse` cannot be used.
    var deviceError: SecretaryError?
    /// The set-user-id program, and whether it is one.
    var fusermount: (path: String, isPrivileged: Bool)?
    /// How much memory may be locked, in bytes; `nil` for any amount.
    var memoryLimit: Int?
    /// The version of Landlock; below 1 for none.
    var landlockVersion: Int
    /// How a mount answers.
    var probe: @Sendable (_ mountpoint: String) -> MountProbe.Answer

    /// This one.
    public static var this: Machine {
        Machine(
            isRoot: geteuid() == 0, text: readText, deviceError: deviceProblem, fusermount: installedFusermount,
            memoryLimit: LockedMemory.limit, landlockVersion: Int(clinux_landlock_version()),
            probe: MountProbe.ask)
    }

    /// The first line of a file; empty when there is none.
    func line(_ path: String) -> String {
        text(path)?.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// A number that stands alone in a file.
    func number(_ path: String) -> Int? { Int(line(path)) }

    private static func readText(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        return (try? file.readToEnd()).map { String(decoding: $0, as: UTF8.self) }
    }

    private static var deviceProblem: SecretaryError? {
        do throws(SecretaryError) {
            try MountRequirements.checkDevice()
            return nil
        } catch {
            return error
        }
    }

    private static var installedFusermount: (path: String, isPrivileged: Bool)? {
        guard let path = try? Fusermount.path(), let status = try? Stat(FilePath(path)) else { return nil }
        return (path, status.userID.rawValue == 0 && status.permissions.contains(.setUserID))
    }
}

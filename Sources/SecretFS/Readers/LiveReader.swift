internal import Glibc
public import SecretaryCore

/// A process as a mount would see it if it opened a file now.
public struct LiveReader: Sendable {
    public let process: ReaderProcess
    /// All groups it is in.
    public let groups: [UInt32]

    /// - Throws: `.noInput` when there is no such process, or it may not be looked at.
    public init(pid: Int32) throws(SecretaryError) {
        guard pid > 0, let status = ProcThread.beginning(of: "/proc/\(pid)/status", in: AT_FDCWD),
            let user = Self.numbers("Uid", in: status).last, let group = Self.numbers("Gid", in: status).last
        else { throw SecretaryError(.noInput, "there is no process \(pid) that can be looked at") }
        // The last of the four is the one that opens files.
        process = ReaderInspector().reader(of: Caller(uid: user, gid: group, thread: pid))
        groups = [group] + Self.numbers("Groups", in: status)
    }

    /// The numbers on a line of `status` (proc_pid_status(5)).
    private static func numbers(_ name: String, in status: [UInt8]) -> [UInt32] {
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("\(name):") }) else { return [] }
        return line.split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) }
    }
}

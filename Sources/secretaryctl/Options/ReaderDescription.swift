import ArgumentParser
import SecretFS
import SecretaryCore

/// A process that reads, as `explain` is told of it.
struct ReaderDescription: ParsableArguments {
    @Option(help: ArgumentHelp("A process of this machine.", valueName: "pid"))
    var pid: Int32?

    @Option(help: ArgumentHelp("Its user.", valueName: "id"))
    var uid: UInt32?

    @Option(
        help: ArgumentHelp(
            "Its group, and once more for each other one that it is in. Default: the number of the user.",
            valueName: "id"))
    var gid: [UInt32] = []

    @Option(help: ArgumentHelp("The program that it runs.", valueName: "path"))
    var exe: String?

    @Option(help: ArgumentHelp("Its control group, as in /proc/PID/cgroup; the container follows.", valueName: "path"))
    var cgroup: String?

    @Option(help: ArgumentHelp("The container that it is in.", valueName: "id"))
    var container: String?

    func validate() throws {
        if pid == nil, uid == nil { throw ValidationError("Say who reads, with --uid or --pid.") }
        if pid != nil, uid != nil || !gid.isEmpty || exe != nil || cgroup != nil || container != nil {
            throw ValidationError("--pid says everything about the reader: it does not go with other options for it.")
        }
    }

    /// The process, and all groups that it is in.
    /// - Throws: `.noInput` when there is no such process.
    func reader() throws(SecretaryError) -> (process: ReaderProcess, groups: [UInt32]) {
        if let pid {
            let reader = try LiveReader(pid: pid)
            return (reader.process, reader.groups)
        }
        let user = uid ?? 0
        let groups = gid.isEmpty ? [user] : gid
        let container = container ?? cgroup.flatMap { ControlGroup(path: $0).container }
        let reader = ReaderProcess(
            uid: user, gid: groups[0], pid: 0, executable: exe, sharesMountNamespace: container == nil,
            cgroup: cgroup, container: container)
        return (reader, groups)
    }
}

internal import CLinux
internal import Glibc
package import SystemPackage

extension ProcessHygiene {
    /// Takes from a worker, for good, all that serving a mount does not need.
    ///
    /// To be called when keys and the first tree are loaded, before threads are started and the first request is served.
    /// Gone then: every capability but those for reading sources and looking at readers, new privileges by executing
    /// a program, all system calls but those of a server, and, as far as Landlock is there, changing files.
    ///
    /// Landlock also hides the programs of other processes, whatever the privileges. A worker that has to tell
    /// them does without it, and is kept from changing files by the filter of system calls.
    /// - Throws: `.system` when the kernel refuses something that it can do.
    public static func confineWorker(_ needs: WorkerNeeds) throws(SecretaryError) -> Confinement {
        try requireOneThread()
        forbidNewPrivileges()
        let forReading: Capabilities = [.readEverything, .leaseEverything]
        try (needs.inspectsReaders ? forReading.union(.inspectProcesses) : forReading).keepOnlyThese()
        var landlockVersion: Int?
        if !needs.inspectsReaders {
            let rules = FileSystemRules(
                writableFolder: needs.writableFolder, allowsNetwork: needs.usesNetwork)
            landlockVersion = try rules.apply()
        }
        let filters = try SystemCallFilter.worker(needs).install()
        return Confinement(filtersSystemCalls: filters, landlockVersion: landlockVersion)
    }

    /// Takes from a supervisor what unmounting and starting workers does not need.
    ///
    /// To be called when it has mounted. An ordinary user's supervisor has no privileges, and goes on being able to run
    /// `fusermount3`, which has them by its set-user-id bit.
    public static func confineSupervisor() throws(SecretaryError) {
        guard !Capabilities.effective.isEmpty else { return }
        try requireOneThread()
        forbidNewPrivileges()
        // All but the first are for its workers.
        try ([.administer, .readEverything, .leaseEverything, .inspectProcesses] as Capabilities).keepOnlyThese()
    }

    /// Takes from a server on the network, for good, what answering requests does not need.
    ///
    /// To be called when its sockets listen, before there are threads. Gone then: every capability but that for reading
    /// keys, new privileges by executing a program, starting processes, executing programs, and the other calls that only an
    /// intruder makes; and, as far as Landlock is there, changing files.
    /// - Parameter writableFolder: in which it nevertheless makes, appends to and renames files.
    /// - Throws: `.system` when the kernel refuses something that it can do.
    package static func confineServer(writableFolder: FilePath?) throws(SecretaryError) -> Confinement {
        try requireOneThread()
        forbidNewPrivileges()
        try ([.readEverything] as Capabilities).keepOnlyThese()
        let rules = FileSystemRules(writableFolder: writableFolder, allowsNetwork: true)
        let landlockVersion = try rules.apply()
        return Confinement(filtersSystemCalls: try SystemCallFilter.server.install(), landlockVersion: landlockVersion)
    }

    /// From now on no program that is executed gets more rights than this process has (`PR_SET_NO_NEW_PRIVS`).
    ///
    /// Cannot fail for these arguments.
    static func forbidNewPrivileges() { _ = clinux_no_new_privileges() }

    /// Capabilities and the rules of Landlock belong to threads: another one would keep all it has.
    private static func requireOneThread() throws(SecretaryError) {
        // A folder has a link more for each folder in it.
        guard let tasks = try? Stat(FilePath("/proc/self/task")), tasks.linkCount != 3 else { return }
        throw SecretaryError(.system, "privileges cannot be given up once there are threads")
    }
}

import ArgumentParser
import SecretFS
import SecretaryCore
import SystemPackage

/// Which part of a mount this process is: how `secretaryctl` starts itself, never given by a person.
struct MountPart: ParsableArguments {
    /// The supervisor of a mount whose command has returned.
    @Flag(help: .private)
    var inBackground = false

    /// The process that reads the source and serves.
    @Flag(name: .customLong("worker"), help: .private)
    var isWorker = false

    /// A supervisor that takes another's place: what that one leaves.
    @Option(help: .private)
    var resume: String?

    /// The folder in which the first supervisor was started.
    @Option(help: .private)
    var startedIn: String?

    /// A file in memory with private keys.
    @Option(name: .customLong("keys-fd"), help: .private)
    var keysDescriptor: Int32?

    /// The mount ends with this process: the command of `exec --mount`.
    @Option(help: .private)
    var whileProcess: Int32?

    /// More threads than this never serve requests at once: for tests of what happens when there is only one.
    @Option(help: .private)
    var servingThreads = 8

    /// What the table of mounts names as the source: that of fstab(5), by which mount(8) finds out what is mounted.
    @Option(help: .private)
    var fsname = "secretary"

    /// The arguments of `mount` that belong to every part.
    var arguments: [String] {
        // What a supervisor that resumes is given beside them comes first: two options with their values.
        Array(CommandLine.arguments.dropFirst(resume == nil ? 2 : 6))
    }

    /// The file in memory with private keys.
    ///
    /// Not of a supervisor that takes another's place: that one leaves the keys, and the number, which is among the arguments
    /// still, means nothing any more.
    func takeKeys() throws -> FileDescriptor? {
        guard resume == nil, let keysDescriptor else { return nil }
        let descriptor = FileDescriptor(rawValue: keysDescriptor)
        defer { try? descriptor.close() }
        return try descriptor.duplicateAboveStandard()
    }

    /// What another supervisor has left: the one whose place this takes, or one that the service manager knew.
    /// - Throws: `.usage` when it is not that.
    func handover() throws(SecretaryError) -> SupervisorHandover? {
        if let resume {
            guard let handover = SupervisorHandover(text: resume) else {
                throw SecretaryError(.usage, "--resume is for secretaryctl itself")
            }
            return handover
        }
        let descriptors = try ServiceManager.takeDescriptors()
        let stored = Dictionary(descriptors.map { ($0.name, $0.descriptor) }) { first, _ in first }
        if let handover = SupervisorHandover(stored: stored), handover.isMounted { return handover }
        SupervisorHandover.abandon(stored)
        return nil
    }
}

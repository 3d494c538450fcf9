import ArgumentParser
import Glibc
import SecretFS
import SecretaryCore
import SecretaryRemote
import SystemPackage

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Show the secrets of a config repo as files.",
        usage: """
            secretaryctl mount [options] SOURCE MOUNTPOINT
            secretaryctl mount [options] --view NAME [REPOSITORY] MOUNTPOINT
            secretaryctl mount [options] --volumes FOLDER MOUNTPOINT
            secretaryctl mount upgrade MOUNTPOINT
            """,
        discussion: """
            SOURCE is a config file or a folder of them. Sizes and names can be seen without a key; a secret is decrypted \
            when its file is opened, in memory only, and zeroed a moment after it was closed. The files follow their \
            source: a changed value appears under the same name within a tenth of a second.

              secretaryctl mount web.yml /run/secrets                each encrypted value is a file
              secretaryctl mount --layout files conf /run/conf       each config file, decrypted
              secretaryctl mount --view web /run/secrets             as .secretary.yaml describes it
              secretaryctl mount --volumes volumes /run/volumes      many, as files define them
              secretaryctl unmount /run/secrets

            Returns when the files can be read, and leaves a server behind; with --foreground it is the server itself. \
            MOUNTPOINT/.secretary/status says what is shown, and why something cannot be.

            The server is two processes. One keeps the mount, and holds no key; the other serves, and is started anew \
            whenever it ends: open files stay open. "mount upgrade" puts the installed version in the place of both, \
            and readers notice nothing. (A source of that name is written ./upgrade.)
            """)

    @Option(help: ArgumentHelp("Show a view of .secretary.yaml.", valueName: "name"))
    var view: String?

    @Option(help: ArgumentHelp("Show only the part of the file at this dotted path.", valueName: "path"))
    var select: String?

    @Option(help: "A file for each value, or for each config file.")
    var layout: Layout = .keys

    @Flag(name: .customLong("all"), help: "Show values and files without envelopes too.")
    var includesPlain = false

    @Option(help: ArgumentHelp("Permissions of the files, in octal.", valueName: "mode"))
    var mode: FileMode = FileMode(bits: 0o400)

    @Option(help: ArgumentHelp("Owner of the files, as a number. Default: you.", valueName: "id"))
    var uid: UInt32?

    @Option(help: ArgumentHelp("Group of the files, as a number. Default: yours.", valueName: "id"))
    var gid: UInt32?

    @Option(
        help: ArgumentHelp(
            "How long plaintext may stay in the kernel's page cache.",
            discussion: """
                strict: never; open: while a file is open and a moment longer; resident: until the value changes, without \
                a decision or a trace of each open, as exposed as a file on tmpfs.
                """))
    var cache: CachePolicy = .open

    @Option(
        help: ArgumentHelp(
            "How long a reader waits when something outside has to answer, such as a key service.",
            valueName: "seconds"))
    var deadline = 5

    @Flag(
        help: ArgumentHelp(
            "Admit other users; each file's permissions then decide.",
            discussion: "Always so when root mounts. For others /etc/fuse.conf must say user_allow_other."))
    var allowOther = false

    @Flag(help: "Stay, and serve until the mount ends or a signal comes.")
    var foreground = false

    @Option(
        name: .customLong("ready-fd"),
        help: ArgumentHelp(
            "With --foreground: write a line to this file descriptor, and close it, when the files can be read.",
            valueName: "fd"))
    var readyDescriptor: Int32?

    @OptionGroup(visibility: .hidden)
    var part: MountPart

    @OptionGroup(title: "Volumes")
    var volumes: VolumesOptions

    @OptionGroup(title: "Audit log")
    var audit: AuditOptions

    @OptionGroup(title: "Daemon and AWS KMS")
    var outside: OutsideOptions

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Argument(help: ArgumentHelp("A config file or a folder of them.", valueName: "source"), completion: .file())
    var source: String

    @Argument(help: ArgumentHelp("An empty directory.", valueName: "mountpoint"), completion: .directory)
    var mountpoint: String?

    func validate() throws {
        if mountpoint == nil, view == nil, volumes.folder == nil {
            throw ValidationError("Missing expected argument '<mountpoint>'.")
        }
        try volumes.validate(
            hasSource: mountpoint != nil, selects: view != nil || select != nil || layout == .files || includesPlain,
            options.reader)
        if view != nil, select != nil {
            throw ValidationError("--select does not go with --view, which says by itself what is shown.")
        }
        if layout == .files, select != nil || view != nil {
            throw ValidationError("--layout files shows whole files: --select and --view do not go with it.")
        }
        if !(1...3600).contains(deadline) {
            throw ValidationError("--deadline takes 1 to 3600 seconds.")
        }
        try audit.validate(with: cache.rawValue, isResident: cache == .resident, foreground: foreground)
        if readyDescriptor != nil, !foreground {
            throw ValidationError("--ready-fd is for --foreground: without it, the end of the command is the sign.")
        }
    }

    func run() throws {
        if source == "upgrade", let mountpoint, view == nil {
            try Upgrading.upgrade(FilePath(mountpoint))
        } else if part.isWorker {
            try serve()
        } else if part.inBackground || foreground {
            try supervise()
        } else {
            try BackgroundServer.start(arguments: Array(CommandLine.arguments.dropFirst(2)))
        }
    }

    // MARK: The supervisor

    private func supervise() throws {
        OwnProgram.nameProcess()
        ProcessHygiene.protect()
        // Also where the mount stands already: whoever starts a supervisor again gives it the same variables.
        if part.resume == nil, part.keysDescriptor == nil { try KeyHandover.replaceProcess() }
        let handover = try part.handover()
        let directory = try part.startedIn ?? Self.currentFolder()
        // The auditor's key is for workers: where its file system hangs, the supervisor does not.
        var own = self
        own.audit.key = nil
        let settings = try own.mountSettings(in: directory)
        let command = WorkerCommand(program: try OwnProgram.path(), arguments: part.arguments, directory: directory)
        // A server must not keep the folder busy that it happens to be started in.
        try Self.change(to: "/")
        let keys = try part.takeKeys()
        let readiness = handover == nil ? readiness : nil
        // Before privileges are given up that it takes, and for the workers, too.
        LockedMemory.raiseLimit()
        if handover == nil, let warning = LockedMemory.warning { Report.warning(warning) }
        try ProcessHygiene.confineSupervisor()
        let supervisor = try Supervisor(settings, command: command, keys: keys, resuming: handover) {
            readiness?.announce()
        }
        switch try supervisor.run() {
        case .ended: break
        // The worker has said why.
        case .failed(let status): throw ReportedFailure(status: status)
        }
    }

    private var readiness: Readiness? {
        if part.inBackground { return BackgroundServer.readiness }
        return readyDescriptor.map { Readiness(descriptor: FileDescriptor(rawValue: $0)) }
    }

    // MARK: Both

    func mountSettings(in directory: String) throws(SecretaryError) -> MountSettings {
        let place = Self.absolute(mountpoint == nil ? "." : source, in: directory)
        let target = Self.absolute(mountpoint ?? source, in: directory)
        let log = try audit.settings(mountpoint: target) { Self.absolute($0, in: directory) }
        let engine = audit.dockerSocket.map { DockerEngine(socket: Self.absolute($0, in: directory)) }
        let shown =
            volumes.folder.map { "volumes of \(Self.absolute($0, in: directory))" }
            ?? MountSelection.describe(place, view: view, select: select)
        var settings = MountSettings(
            mountpoint: target, source: shown, tableName: part.fsname, cache: cache,
            allowOther: allowOther || geteuid() == 0, owner: uid ?? geteuid(), group: gid ?? getegid(),
            deadline: .seconds(deadline), audit: log, companion: part.whileProcess, servingThreads: part.servingThreads,
            workerNeeds: workerNeeds(log), version: ProgramVersion.current)
        settings.engine = engine
        return settings
    }

    /// The rules of a view can be about readers' programs, and can change while it is mounted; and volumes may come that ask a
    /// daemon.
    private func workerNeeds(_ log: AuditSettings?) -> WorkerNeeds {
        let hasVolumes = volumes.folder != nil
        return WorkerNeeds(
            inspectsReaders: view != nil || log != nil || hasVolumes,
            writableFolder: log?.file?.removingLastComponent(),
            usesLocalSockets: log?.syslog ?? false || audit.dockerSocket != nil,
            usesNetwork: options.reader.asksDaemon || outside.usesKMS || hasVolumes)
    }

    static func change(to folder: String) throws(SecretaryError) {
        guard unsafe chdir(folder) == 0 else {
            throw SecretaryError(.noInput, "cannot change to \(folder): \(Errno(rawValue: errno))")
        }
    }

    static func currentFolder() throws(SecretaryError) -> String {
        guard let folder = unsafe getcwd(nil, 0) else {
            throw SecretaryError(.noInput, "the current folder cannot be found: \(Errno(rawValue: errno))")
        }
        defer { unsafe free(folder) }
        return unsafe String(cString: folder)
    }

    static func absolute(_ path: String, in directory: String) -> FilePath {
        let path = FilePath(path)
        return path.isRelative ? FilePath(directory).pushing(path).lexicallyNormalized() : path
    }
}

import ArgumentParser
import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Show the secrets of a config repo as files.",
        usage: """
            secretaryctl mount [options] SOURCE MOUNTPOINT
            secretaryctl mount [options] --view NAME [REPOSITORY] MOUNTPOINT
            """,
        discussion: """
            SOURCE is a config file or a folder of them. Sizes and names can be seen without a key; a secret is decrypted \
            when its file is opened, in memory only, and zeroed a moment after it was closed. The files follow their \
            source: a changed value appears under the same name within a tenth of a second.

              secretaryctl mount web.yml /run/secrets                each encrypted value is a file
              secretaryctl mount --layout files conf /run/conf       each config file, decrypted
              secretaryctl mount --view web /run/secrets             as .secretary.yaml describes it
              secretaryctl unmount /run/secrets

            Returns when the files can be read, and leaves a server behind; with --foreground it is the server itself. \
            MOUNTPOINT/.secretary/status says what is shown, and why something cannot be.
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

    /// How `BackgroundServer` starts the server.
    @Flag(help: .hidden)
    var inBackground = false

    @Option(
        name: .customLong("ready-fd"),
        help: ArgumentHelp(
            "With --foreground: write a line to this file descriptor, and close it, when the files can be read.",
            valueName: "fd"))
    var readyDescriptor: Int32?

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Argument(help: ArgumentHelp("A config file or a folder of them.", valueName: "source"), completion: .file())
    var source: String

    @Argument(help: ArgumentHelp("An empty directory.", valueName: "mountpoint"), completion: .directory)
    var mountpoint: String?

    func validate() throws {
        if mountpoint == nil, view == nil {
            throw ValidationError("Missing expected argument '<mountpoint>'.")
        }
        if view != nil, select != nil {
            throw ValidationError("--select does not go with --view, which says by itself what is shown.")
        }
        if layout == .files, select != nil || view != nil {
            throw ValidationError("--layout files shows whole files: --select and --view do not go with it.")
        }
        if !(1...3600).contains(deadline) {
            throw ValidationError("--deadline takes 1 to 3600 seconds.")
        }
        if readyDescriptor != nil, !foreground {
            throw ValidationError("--ready-fd is for --foreground: without it, the end of the command is the sign.")
        }
    }

    func run() throws {
        if inBackground {
            try serve(BackgroundServer.readiness)
        } else if foreground {
            try serve(readyDescriptor.map { Readiness(descriptor: FileDescriptor(rawValue: $0)) })
        } else {
            try BackgroundServer.start(arguments: Array(CommandLine.arguments.dropFirst(2)))
        }
    }

    private func serve(_ readiness: Readiness?) throws {
        ProcessHygiene.protect()
        if let daemon = options.reader.daemon { throw daemon.unavailable }
        let place = try Self.absolute(mountpoint == nil ? "." : source)
        let target = try Self.absolute(mountpoint ?? source)
        let selection = MountSelection(
            place: place, view: view, select: select, layout: layout, includesPlain: includesPlain,
            app: try options.reader.identity(), mode: mode.bits, owner: uid ?? geteuid(), group: gid ?? getegid())
        let decryptor = LocalDecryptor(keys: try options.reader.keyRing(for: ConfigRepository.discover(from: place)))
        let repository = RepositorySource(selection, decryptor: decryptor)
        try repository.requireFittingKey(canOpen: decryptor.canOpen)
        // A server must not keep the folder busy that it happens to be started in.
        guard unsafe chdir("/") == 0 else {
            throw SecretaryError(.system, "cannot change to /: \(Errno(rawValue: errno))")
        }
        let settings = MountSettings(
            mountpoint: target, cache: cache, allowOther: allowOther || geteuid() == 0, owner: selection.owner,
            group: selection.group, deadline: .seconds(deadline), version: ProgramVersion.current)
        try SecretMount.serve(repository, settings) { readiness?.announce() }
    }

    private static func absolute(_ path: String) throws(SecretaryError) -> FilePath {
        let path = FilePath(path)
        guard path.isRelative else { return path }
        guard let folder = unsafe getcwd(nil, 0) else {
            throw SecretaryError(.noInput, "the current folder cannot be found: \(Errno(rawValue: errno))")
        }
        defer { unsafe free(folder) }
        return unsafe FilePath(platformString: folder).pushing(path).lexicallyNormalized()
    }
}

import ArgumentParser
import Glibc
import SecretFS
import SecretaryCore
import SecretaryServer
import SystemPackage

struct CredentialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Give systemd the credentials of units.",
        discussion: """
            A unit with LoadCredential=NAME:/run/secretary/credentials.sock gets the secret NAME of the view that has the \
            unit's name: web.service and web@blue.service that of the view web. Nothing else is asked for by the unit, \
            and a unit that may not have what it asks for does not start.

              systemctl start secretary-credentials.socket
              secretaryctl credentials --listen /run/secretary/credentials.sock /etc/secretary

            Rules about readers and scopes hold as they do for a mount. NAME is the path of a file of the view, with dots \
            for slashes.
            """)

    @Option(
        help: ArgumentHelp(
            "Listen at this socket, which only you can connect to. Default: what systemd hands over.",
            valueName: "socket"),
        completion: .file())
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "How long a unit waits when something outside has to answer, such as a key service.",
            valueName: "seconds"))
    var deadline = 5

    @Flag(
        help: ArgumentHelp(
            "Also give secrets of a Docker swarm to secretary-docker-plugin.",
            discussion: """
                Believes every process that can connect, and belongs to the user that this runs as, for which service it asks.
                """))
    var swarm = false

    @OptionGroup(title: "Audit log")
    var audit: AuditOptions

    @OptionGroup(title: "Daemon and AWS KMS")
    var outside: OutsideOptions

    @OptionGroup(title: "Keys and identity")
    var options: ReaderOptions

    @Argument(help: ArgumentHelp("The config repository.", valueName: "repository"), completion: .directory)
    var repository = "."

    func validate() throws {
        if !(1...3600).contains(deadline) { throw ValidationError("--deadline takes 1 to 3600 seconds.") }
        try audit.validate(with: "", isResident: false, foreground: true)
    }

    func run() throws {
        let signals = Signals()
        ProcessHygiene.protect()
        LockedMemory.raiseLimit()
        if let warning = LockedMemory.warning { Report.warning(warning) }
        let sockets = try sockets()
        let folder = try MountCommand.currentFolder()
        let settings = try audit.settings { MountCommand.absolute($0, in: folder) }
        let place = MountCommand.absolute(repository, in: folder)
        let decryptor = try options.reader.mountDecryptor(
            for: ConfigRepository.discover(from: place), outside, deadline: .seconds(deadline)
        ).decryptor
        _ = try ProcessHygiene.confineServer(writableFolder: settings?.file?.removingLastComponent())
        let service = CredentialService(
            repository: place, decryptor: decryptor,
            log: try settings.map { (settings) throws(SecretaryError) in try AuditLog(settings) }, servesSwarm: swarm)
        let server = CredentialServer(service, deadline: .seconds(deadline)) { Report.error($0) }
        try service.note(.start)
        for socket in sockets { try server.listen(at: socket) }
        ServiceManager()?.notify("READY=1")
        while signals.next() != .end {}
        ServiceManager()?.notify("STOPPING=1")
        server.end()
        try service.note(.stop)
    }

    private func sockets() throws(SecretaryError) -> [FileDescriptor] {
        let handedOver = try ServiceManager.takeDescriptors()
        guard handedOver.isEmpty else {
            var sockets: [FileDescriptor] = []
            for (_, descriptor) in handedOver {
                sockets.append(try ListeningSocket(adopting: descriptor).descriptor)
            }
            return sockets
        }
        guard let listen else {
            throw SecretaryError(
                .usage, "nobody says where to listen",
                hint: "give --listen SOCKET, or start secretary-credentials.socket")
        }
        // Before, and for files that are made later.
        umask(0o177)
        defer { umask(0o077) }
        return [try ListeningSocket(.local(FilePath(listen))).descriptor]
    }
}

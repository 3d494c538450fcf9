import ArgumentParser
import DockerVolumePlugin
import Glibc
import Logging
import SecretaryCore
import SecretaryServer
import SystemPackage

/// The volume driver for Docker, which gives a swarm secrets, too.
struct SecretaryDockerPlugin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secretary-docker-plugin",
        abstract: "Secrets as Docker volumes, decrypted in memory when a container opens them.",
        discussion: """
            Listens where Docker looks for plugins, and keeps one mount with a directory for each volume.

              docker volume create --driver secretary -o source=web.yml web
              docker run -v web:/run/secrets:ro IMAGE

            What stands behind -- is for 'secretaryctl mount', such as -- --audit-file /var/log/secretary/volumes.log

            When this program ends the mount goes on, and so do containers; 'secretaryctl unmount' ends it.
            """,
        version: ProgramVersion.current)

    @Option(
        help: ArgumentHelp("Listen here; the file's name without .sock is the driver's.", valueName: "path"),
        completion: .file())
    var socket = "/run/docker/plugins/secretary.sock"

    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp("Where definitions of volumes are kept.", valueName: "folder"),
        completion: .directory)
    var state = "/var/lib/secretary"

    @Option(
        name: .customLong("mount-root"), help: ArgumentHelp("Where all volumes are mounted.", valueName: "folder"),
        completion: .directory)
    var mountRoot = "/run/secretary/volumes"

    @Option(
        help: ArgumentHelp("Where key files are that volumes name without a folder.", valueName: "folder"),
        completion: .directory)
    var keys = "/etc/secretary/keys"

    @Option(
        help: ArgumentHelp("Where sources are that volumes name by a relative path.", valueName: "folder"),
        completion: .directory)
    var sources = "/etc/secretary"

    @Option(
        help: ArgumentHelp("The program that mounts. (default: beside this one)", valueName: "path"),
        completion: .file())
    var secretaryctl: String?

    @Flag(
        name: .customLong("external-mount"),
        help: "Do not mount: something else does, such as secretary-volumes.service.")
    var externalMount = false

    @Option(
        help: ArgumentHelp(
            "Give a swarm secrets, too, from where 'secretaryctl credentials --swarm' listens.", valueName: "socket"),
        completion: .file())
    var credentials: String?

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("Options for 'secretaryctl mount', behind --.", valueName: "mount-option"))
    var mountOptions: [String] = []

    func validate() throws {
        if externalMount, !mountOptions.isEmpty || secretaryctl != nil {
            throw ValidationError("--external-mount leaves nothing to be said about how to mount.")
        }
        for path in [socket, state, mountRoot, keys, sources] + [secretaryctl, credentials].compactMap({ $0 })
        where !FilePath(path).isAbsolute {
            throw ValidationError("\(path) is no absolute path.")
        }
    }

    func run() throws {
        // Before there is another thread.
        let signals = Signals()
        ProcessHygiene.protect()
        LockedMemory.raiseLimit()
        let plugin = try Plugin(settings)
        let log = try ErrorLog(of: "secretary-docker-plugin")
        defer { log.flush() }
        try plugin.run(signals, logger: Logger(label: "plugin") { _ in log })
    }

    private var settings: PluginSettings {
        var settings = PluginSettings()
        settings.socket = FilePath(socket)
        settings.state = FilePath(state)
        settings.mountRoot = FilePath(mountRoot)
        settings.keys = FilePath(keys)
        settings.sources = FilePath(sources)
        settings.mountOptions = mountOptions
        settings.credentials = credentials.map { FilePath($0) }
        if !externalMount {
            settings.mounter = secretaryctl.map { FilePath($0) } ?? OwnFolder.path.appending("secretaryctl")
        }
        return settings
    }
}

/// Where this program is.
private enum OwnFolder {
    static var path: FilePath {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", base, bytes.count)
        }
        return FilePath(String(decoding: buffer[..<max(count, 0)], as: UTF8.self)).removingLastComponent()
    }
}

/// Where the program starts.
@main enum Main {
    static func main() {
        do {
            var command = try SecretaryDockerPlugin.parseAsRoot()
            try command.run()
        } catch {
            FatalError.exit(error, of: SecretaryDockerPlugin.self)
        }
    }
}

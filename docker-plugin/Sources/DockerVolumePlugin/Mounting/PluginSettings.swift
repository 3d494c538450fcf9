package import SystemPackage

/// Where everything is, and how the mount is started.
package struct PluginSettings: Sendable {
    /// Where Docker connects; the file's name without its end is the driver's.
    package var socket = FilePath("/run/docker/plugins/secretary.sock")
    /// Definitions of volumes are in `volumes` there.
    package var state = FilePath("/var/lib/secretary")
    /// The one mount with a directory for each volume.
    package var mountRoot = FilePath("/run/secretary/volumes")
    /// Key files that volumes name are below it; private keys are the mount's business, not the plugin's.
    package var keys = FilePath("/etc/secretary/keys")
    /// Sources that volumes name are below it.
    package var sources = FilePath("/etc/secretary")
    /// `secretaryctl`, which mounts; `nil` when somebody else keeps the mount.
    package var mounter: FilePath?
    /// What else `secretaryctl mount` is told.
    package var mountOptions: [String] = []

    /// Where `secretaryctl credentials --swarm` listens; `nil` where a swarm is given no secrets.
    package var credentials: FilePath?

    package init() {}

    package var definitions: FilePath { state.appending("volumes") }

    /// The command that mounts.
    package var mountArguments: [String] {
        ["mount", "--volumes", definitions.string, "--keys", keys.string, "--sources", sources.string] + mountOptions
            + [mountRoot.string]
    }
}

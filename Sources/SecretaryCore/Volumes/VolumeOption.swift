/// What can be said about a volume: `docker volume create -o KEY=VALUE`.
package enum VolumeOption: String, Sendable, CaseIterable {
    /// A config file or a folder of them; with `view` the repository.
    case source
    /// A view of the repository's `.secretary.yaml`.
    case view
    /// Dotted path to the part of the file that is shown.
    case select
    /// `keys` or `files`.
    case layout
    /// Who reads: only secrets that are sealed for this app, or for a path above it, open.
    case app
    /// Daemons that open the secrets, with commas between them.
    case url
    /// The private key that opens secrets: a master key, with `url` the deploy key.
    case deployKeyFile = "deploy-key-file"
    /// The private key of the service, for a daemon.
    case serviceKeyFile = "service-key-file"
    /// Owner of the files, as a number.
    case uid
    /// Group of the files, as a number.
    case gid
    /// Permissions of the files, in octal.
    case mode
    /// `mounted` or `any`.
    case readers
    /// `strict`, `open` or `resident`.
    case cache
}

/// Which processes a volume opens for, as far as their permissions admit them.
package enum VolumeReaders: String, Sendable, CaseIterable {
    /// Those that see the volume in a mount of its own, as a container does that has it; and those of the host.
    case mounted
    /// All that get at it.
    case any
}

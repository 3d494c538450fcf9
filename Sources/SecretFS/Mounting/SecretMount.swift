public import SecretaryCore
public import SystemPackage

/// How a mount presents itself.
public struct MountSettings: Sendable {
    public var mountpoint: FilePath
    public var cache: CachePolicy
    /// Whether users besides the one who mounts are admitted; each file's mode then decides.
    public var allowOther: Bool
    /// Owner of the directories.
    public var owner: UInt32
    public var group: UInt32
    /// How long plaintext stays in memory after the last close.
    public var linger: Duration
    /// How long a reader waits when something outside has to answer.
    public var deadline: Duration
    /// Of the program, for `.secretary/status`.
    public var version: String

    public init(
        mountpoint: FilePath, cache: CachePolicy, allowOther: Bool, owner: UInt32, group: UInt32,
        linger: Duration = .seconds(1), deadline: Duration = .seconds(5), version: String
    ) {
        self.mountpoint = mountpoint
        self.cache = cache
        self.allowOther = allowOther
        self.owner = owner
        self.group = group
        self.linger = linger
        self.deadline = deadline
        self.version = version
    }
}

/// A mounted SecretFS, from the first check to the last zeroed byte.
public enum SecretMount {
    /// Mounts `source` and serves it on this thread until somebody unmounts or a signal ends the process's work
    /// (`SIGTERM`, `SIGINT`, `SIGHUP`).
    ///
    /// Unmounts, and zeroes every plaintext, before it returns.
    /// - Parameter ready: called once, when the mount answers.
    /// - Throws: `.mount` and whatever `source` throws; nothing is left behind then.
    public static func serve(
        _ source: some MountSource, _ settings: MountSettings, ready: @escaping @Sendable () -> Void
    ) throws(SecretaryError) {
        try MountRequirements.check(allowOther: settings.allowOther)
        let mountpoint = try Mountpoint(claiming: settings.mountpoint)
        var reloader = try Reloader(
            source: source, builder: TreeBuilder(owner: settings.owner, group: settings.group), policy: settings.cache)
        guard let (tree, warnings) = try reloader.load(after: nil).map({ ($0.tree, $0.warnings) }) else {
            throw SecretaryError(.io, "\(source.description) changes all the time", hint: "wait until it does not")
        }

        let channel = KernelChannel()
        let reaping = Waker()
        let held = HeldSecrets(
            cache: channel, policy: settings.cache, linger: settings.linger,
            lingerBegan: { reaping.wake() })
        let reports = ReportWriter(
            source: source.description, policy: settings.cache, version: settings.version,
            loading: ReportWriter.Loading(loaded: WallClock.nanoseconds(), error: nil, warnings: warnings))
        let filesystem = Filesystem(
            tree: tree, held: held, policy: settings.cache, reports: reports, deadline: settings.deadline)
        let session = try KernelSession(
            serving: filesystem, channel: channel, options: options(for: settings))
        defer { held.zeroAll() }

        let path = mountpoint.path
        try session.mount(at: path)
        defer { session.unmount() }
        defer { filesystem.outside.end() }

        let reaper = try BackgroundThread {
            while !reaping.isStopped { reaping.wait(until: held.zeroExpired()) }
        }
        defer { reaper.join() }
        defer { reaping.stop() }

        let following = Waker()
        let handOver = HandOver(reloader)
        let follower = try BackgroundThread {
            guard var reloader = handOver.take() else { return }
            reloader.follow(filesystem, telling: channel, reports: reports, until: following)
        }
        defer { follower.join() }
        defer { following.stop() }

        // The kernel lets nobody in before the server has answered its first message: when this returns, it has.
        let herald = try BackgroundThread {
            guard unsafe (try? Stat(path)) != nil else { return }
            if let table = try? MountTable(), table.type(at: path) == MountTable.secretFSType { ready() }
        }
        defer { herald.join() }
        try session.serve()
    }

    private static func options(for settings: MountSettings) -> [String] {
        // Access is checked by the kernel from the modes; nothing there is to be executed, and nothing to be written.
        var options = [
            "ro", "nosuid", "nodev", "noexec", "default_permissions", "fsname=secretary", "subtype=secretfs",
        ]
        if settings.allowOther { options.append("allow_other") }
        return options
    }
}

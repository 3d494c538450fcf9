import Logging
import NIOPosix
import SecretaryCore
import SystemPackage

/// The one mount in which every volume is a directory.
///
/// It is a program of its own (`secretaryctl mount --volumes`), which goes on when this one ends, so that nothing that containers
/// read depends on the plugin: it finds the mount again, or starts one where there is none.
actor VolumesMount {
    private let settings: PluginSettings
    private let threads: NIOThreadPool
    private let logger: Logger
    /// Several that need the mount start one.
    private var starting: Task<SecretaryError?, Never>?

    /// How long a volume may take to appear when nothing is wrong with it.
    private let patience: Duration
    /// How long it takes, with room for a busy machine; what the mount says before may be about what was there before.
    private static let usual = Duration.milliseconds(500)

    init(_ settings: PluginSettings, threads: NIOThreadPool, logger: Logger, patience: Duration = .seconds(10)) {
        self.settings = settings
        self.threads = threads
        self.logger = logger
        self.patience = patience
    }

    /// Where a volume's files are: always the same, as Docker keeps it.
    nonisolated func path(of volume: String) -> FilePath { settings.mountRoot.appending(volume) }

    /// Waits until a container can be given the volume.
    /// - Throws: `.mount` when there is no mount and none can be had, `.unavailable` when it does not show the volume.
    func require(_ volume: String) async throws(SecretaryError) {
        let path = path(of: volume)
        guard await look(at: path) != .served else { return }
        try await ensure()
        let begun = ContinuousClock.now
        var pause = Duration.milliseconds(1)
        while await look(at: path) != .served {
            let waited = ContinuousClock.now - begun
            if waited > Self.usual, let trouble = await trouble(with: volume) { throw trouble }
            guard waited < patience else { throw notShown(volume) }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Starts the mount where there is none.
    /// - Throws: `.mount`, with the reason that `secretaryctl` has given.
    func ensure() async throws(SecretaryError) {
        guard await look(at: settings.mountRoot) != .served else { return }
        guard let mounter = settings.mounter else {
            throw SecretaryError(
                .mount, "nothing is mounted at \(settings.mountRoot)",
                hint: "systemctl status secretary-volumes says why; without systemd leave --external-mount out")
        }
        let task = starting ?? Task { [settings, logger] in await MountStart(settings, logger).run(mounter) }
        starting = task
        let failure = await task.value
        if starting == task { starting = nil }
        if let failure { throw failure }
    }

    private func look(at path: FilePath) async -> PlaceProbe.Finding {
        let finding = try? await threads.runIfActive { PlaceProbe.look(at: path) }
        return finding ?? .missing
    }

    /// What the mount says is wrong with a volume.
    private func trouble(with volume: String) async -> SecretaryError? {
        let root = settings.mountRoot
        return (try? await threads.runIfActive { VolumeTrouble.find(volume, in: root) }) ?? nil
    }

    private func notShown(_ volume: String) -> SecretaryError {
        SecretaryError(
            .unavailable, "the mount at \(settings.mountRoot) does not show the volume \(volume)",
            hint: "cat \(settings.mountRoot)/.secretary/status, as root on this host, says why")
    }
}

import Logging
import NIOPosix
import SecretaryCore
import SystemPackage
import TestSupport

@testable import DockerVolumePlugin

/// A driver without Docker and, where `mounter` is not given, without a mount.
struct PluginSetup {
    let scratch: Scratch
    let registry: VolumeRegistry
    let driver: VolumeDriver
    let threads = NIOThreadPool(numberOfThreads: 4)
    let counts = SecretCounts()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ scratch: Scratch? = nil, mounter: FilePath? = nil) throws {
        let scratch = try scratch ?? Scratch("plugin")
        self.scratch = scratch
        var settings = PluginSettings()
        settings.state = scratch["state"]
        settings.mountRoot = scratch["mnt"]
        settings.mounter = mounter
        threads.start()
        registry = try VolumeRegistry(settings.definitions)
        driver = VolumeDriver(
            registry: registry,
            mount: VolumesMount(settings, threads: threads, logger: logger, patience: .milliseconds(50)),
            threads: threads, logger: logger)
    }

    /// What Docker gets, as text.
    func ask(_ call: VolumeCall, _ body: String = "{}") async -> String {
        await driver.answer(call, Array(body.utf8)).body
    }

    /// What asks for a swarm's secrets at a socket.
    func secrets(at socket: FilePath, patience: Duration) -> SecretProvider {
        SecretProvider(socket, patience: patience, threads: threads, counts: counts, logger: logger)
    }
}

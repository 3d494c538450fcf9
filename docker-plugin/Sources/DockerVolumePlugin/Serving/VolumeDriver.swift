import Logging
import NIOPosix
import SecretaryCore
import SystemPackage

/// Answers what Docker asks of a volume driver.
///
/// Everything but `Mount` is answered from memory, and nothing ever asks Docker: it holds a container's lock while it waits for
/// these answers.
struct VolumeDriver: Sendable {
    private let registry: VolumeRegistry
    private let mount: VolumesMount
    /// For what waits for the disk.
    private let threads: NIOThreadPool
    private let logger: Logger

    init(registry: VolumeRegistry, mount: VolumesMount, threads: NIOThreadPool, logger: Logger) {
        self.registry = registry
        self.mount = mount
        self.threads = threads
        self.logger = logger
    }

    func answer(_ call: VolumeCall, _ body: [UInt8]) async -> VolumeReply {
        let begun = ContinuousClock.now
        do throws(SecretaryError) {
            let request = try VolumeRequest(parsing: body)
            let reply = try await answer(call, request)
            if call.isLogged {
                logger.info("\(call) \(request.name): \((ContinuousClock.now - begun).milliseconds) ms")
            }
            return reply
        } catch {
            if call.isLogged { logger.warning("\(call) failed: \(error.message)") }
            return .failure(error)
        }
    }

    private func answer(_ call: VolumeCall, _ request: VolumeRequest) async throws(SecretaryError) -> VolumeReply {
        switch call {
        // A volume is on each host: a mount of files that this host decrypts.
        case .capabilities: return .description([("Capabilities", .object([("Scope", .string("local"))]))])
        case .create:
            try await onThread { [registry] () throws(SecretaryError) in
                try registry.create(request.name, options: request.options)
            }
            return .success()
        case .remove:
            try await onThread { [registry] () throws(SecretaryError) in try registry.remove(request.name) }
            return .success()
        case .mount:
            let volume = try volume(request)
            try await mount.require(volume.name)
            registry.lease(volume.name, to: request.id)
            return .success([("Mountpoint", place(of: volume))])
        case .unmount:
            registry.release(request.name, by: request.id)
            return .success()
        case .path: return .success([("Mountpoint", place(of: try volume(request)))])
        case .get: return .success([("Volume", details(of: try volume(request)))])
        case .list:
            let volumes = registry.all.map { volume in
                JSONText.object([("Name", .string(volume.name)), ("Mountpoint", place(of: volume))])
            }
            return .success([("Volumes", .array(volumes))])
        }
    }

    private func volume(_ request: VolumeRequest) throws(SecretaryError) -> VolumeDefinition {
        guard let volume = registry.volume(request.name) else {
            throw SecretaryError(.noInput, "no such volume: \(request.name)")
        }
        return volume
    }

    private func place(of volume: VolumeDefinition) -> JSONText { .string(mount.path(of: volume.name).string) }

    /// As `docker volume inspect` shows it.
    private func details(of volume: VolumeDefinition) -> JSONText {
        let options = volume.options.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string($0.value)) }
        return .object([
            ("Name", .string(volume.name)), ("Mountpoint", place(of: volume)),
            ("CreatedAt", .string(Timestamp.text(volume.created ?? 0, isFine: false))),
            (
                "Status",
                .object([("options", .object(options)), ("mounts", .number(registry.leases(of: volume.name)))])
            ),
        ])
    }

    private func onThread(
        _ body: @escaping @Sendable () throws(SecretaryError) -> Void
    ) async throws(SecretaryError) {
        let outcome = try? await threads.runIfActive { Result { () throws(SecretaryError) in try body() } }
        guard let outcome else { throw SecretaryError(.unavailable, "the plugin is ending", hint: "try again") }
        try outcome.get()
    }
}

extension VolumeCall {
    /// Those that change something; Docker asks the others all the time, also for volumes that are not there.
    fileprivate var isLogged: Bool {
        switch self {
        case .create, .remove, .mount, .unmount: true
        case .capabilities, .path, .get, .list: false
        }
    }
}

extension Duration {
    /// With two digits behind the point.
    fileprivate var milliseconds: String {
        let (seconds, attoseconds) = components
        let hundredths = seconds * 100_000 + attoseconds / 10_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

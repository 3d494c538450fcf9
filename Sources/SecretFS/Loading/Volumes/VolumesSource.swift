package import SecretaryCore
internal import Synchronization
package import SystemPackage

/// The files of many volumes, each in a folder of its own, as the definitions in a folder say.
///
/// A volume that cannot be read keeps what it showed, and disturbs no other.
package final class VolumesSource: MountSource {
    private let folder: FilePath
    private let policy: CachePolicy
    private let maker: VolumeSource.Maker
    private let volumes = Mutex<[String: VolumeSource]>([:])
    /// Those that were read since `confirm` was called last.
    private let read = Mutex<[VolumeSource]>([])
    private let threads = BlockingThreads(limit: 256, linger: .seconds(5))

    /// How long the others wait for volumes that do not answer, and for each of them.
    private static let patience: (all: Duration, each: Duration) = (.seconds(2), .seconds(1))

    /// - Parameters:
    ///   - folder: with a definition `NAME.json` for each volume.
    ///   - policy: of the mount.
    ///   - maker: gets the keys and the source of a volume; called on another thread.
    package init(
        _ folder: FilePath, policy: CachePolicy,
        maker: @escaping @Sendable (VolumeDefinition) throws(SecretaryError) -> VolumeContent
    ) {
        self.folder = folder
        self.policy = policy
        self.maker = maker
    }

    package func prepare(for news: SourceNews) {
        for volume in volumes.withLock({ Array($0.values) }) { volume.prepare(for: news) }
    }

    package func load(unsettled: Set<FilePath>) throws(SecretaryError) -> LoadedSource {
        var loaded = LoadedSource(files: PlannedFiles([]), places: SourcePlaces(directories: [folder]))
        var read: [VolumeSource] = []
        let end = ContinuousClock.now + Self.patience.all
        for volume in try present() {
            let patience = max(min(end - .now, Self.patience.each), .milliseconds(20))
            let isRead = volume.read(unsettled: unsettled, maker: maker, on: threads, within: patience)
            if isRead { read.append(volume) }
            loaded.add(volume.part)
        }
        self.read.withLock { $0 += read }
        return loaded
    }

    package func confirm() {
        let read = read.withLock { read in
            defer { read = [] }
            return read
        }
        for volume in read { volume.confirm() }
    }

    /// The volumes that there are by now, in the order of their names.
    private func present() throws(SecretaryError) -> [VolumeSource] {
        let names = try VolumeDefinition.names(in: folder)
        return volumes.withLock { volumes in
            var present: [String: VolumeSource] = [:]
            for name in names {
                let known = volumes[name]
                if let known, !known.isReadInVain {
                    present[name] = known
                } else {
                    let file = folder.appending(name + VolumeDefinition.suffix)
                    present[name] = VolumeSource(name: name, file: file, policy: policy, after: known)
                }
            }
            volumes = present
            return names.compactMap { present[$0] }
        }
    }
}

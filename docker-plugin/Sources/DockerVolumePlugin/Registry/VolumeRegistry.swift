import SecretaryCore
import Synchronization
import SystemPackage

/// The volumes that there are: in memory, where every question is answered, and in the folder that the mount follows.
///
/// Who has a volume mounted is counted for people to see and for nothing else: Docker forgets to unmount (after a restart), and does
/// so twice (`docker cp`).
final class VolumeRegistry: Sendable {
    private let folder: DefinitionFolder
    private let volumes: Mutex<[String: VolumeDefinition]>
    private let leases = Mutex<[String: [String: Int]]>([:])
    /// One change of the folder at a time; who asks does not wait for it.
    private let changing = Mutex(())
    /// Files of the folder that define no volume.
    let problems: [SecretaryError]

    /// - Throws: `.cannotCreate` or `.io` when the folder cannot be used.
    init(_ path: FilePath) throws(SecretaryError) {
        folder = try DefinitionFolder(path)
        let found = try folder.read()
        problems = found.problems
        volumes = Mutex(Dictionary(found.volumes.map { ($0.name, $0) }) { $1 })
    }

    /// Defines a volume; once more is no error, as Docker asks again when it has heard no answer.
    /// - Throws: `.usage` for options that cannot be, `.denied` when there is another volume of that name, `.cannotCreate`.
    func create(_ name: String, options: [String: String]) throws(SecretaryError) {
        let new = try VolumeDefinition(name: name, options: options, created: WallClock.nanoseconds())
        let outcome: Result<Void, SecretaryError> = changing.withLock { _ in
            Result { () throws(SecretaryError) in
                if let present = volume(name) { return try Self.require(present, toBe: new) }
                try folder.write(new)
                volumes.withLock { $0[name] = new }
            }
        }
        try outcome.get()
    }

    private static func require(_ present: VolumeDefinition, toBe new: VolumeDefinition) throws(SecretaryError) {
        guard present.options != new.options else { return }
        let names = Set(present.options.keys).union(new.options.keys).sorted()
        let different = names.filter { present.options[$0] != new.options[$0] }
        throw SecretaryError(
            .denied, "there is a volume \(present.name) already, and its \(different.joined(separator: ", ")) differs",
            hint: "remove it (docker volume rm \(present.name)), or choose another name")
    }

    /// Removes a volume, whoever is said to have it mounted: what Docker asks for twice is gone the second time.
    /// - Throws: `.cannotCreate` when its file cannot be removed.
    func remove(_ name: String) throws(SecretaryError) {
        let outcome: Result<Void, SecretaryError> = changing.withLock { _ in
            Result { () throws(SecretaryError) in
                guard volume(name) != nil else { return }
                try folder.remove(name)
                volumes.withLock { $0[name] = nil }
                leases.withLock { $0[name] = nil }
            }
        }
        try outcome.get()
    }

    func volume(_ name: String) -> VolumeDefinition? { volumes.withLock { $0[name] } }

    /// By name.
    var all: [VolumeDefinition] { volumes.withLock { $0.values.sorted { $0.name < $1.name } } }

    // MARK: Leases

    func lease(_ name: String, to id: String) {
        leases.withLock { $0[name, default: [:]][id, default: 0] += 1 }
    }

    func release(_ name: String, by id: String) {
        leases.withLock { leases in
            guard let count = leases[name]?[id] else { return }
            leases[name]?[id] = count > 1 ? count - 1 : nil
        }
    }

    /// How many mount points of containers have it, as far as Docker has told.
    func leases(of name: String) -> Int { leases.withLock { $0[name]?.count ?? 0 } }
}

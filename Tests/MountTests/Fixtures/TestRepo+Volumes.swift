import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension TestRepo {
    /// Defines a volume, as the plugin does: at once.
    func define(_ name: String, _ options: [String: String], created: Int64 = 0) throws {
        try write("volumes/\(name).json", VolumeDefinition(name: name, options: options, created: created).json)
    }

    /// Mounts the volumes while `body` runs; sources and keys are those of the repo.
    func volumesMounted(
        _ options: String..., location: Testing.SourceLocation = #_sourceLocation, _ body: (Mount) async throws -> Void
    ) async throws {
        try makeFolder(root.appending("volumes"))
        let all = ["--volumes", "volumes", "--sources", ".", "--keys", "keys"] + options
        try await mounted(nil, options: all, location, body)
    }
}

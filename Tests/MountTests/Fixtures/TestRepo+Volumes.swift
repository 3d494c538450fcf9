import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension TestRepo {
    /// Defines a volume, as the plugin does: at once.
    func define(_ name: String, _ options: [String: String], created: Int64 = 0) throws {
        try write("volumes/\(name).json", VolumeDefinition(name: name, options: options, created: created).json)
    }

    /// The private key `NAME-private-key.pem`.
    func readKey(_ name: String) throws -> [UInt8] {
        try Scratch.read(root.appending("keys/\(name)-private-key.pem"))
    }

    /// Puts a private key in its place, at once.
    func writeKey(_ name: String, _ bytes: [UInt8]) throws {
        let (next, file) = (root.appending("keys/next"), root.appending("keys/\(name)"))
        try write("keys/next", bytes)
        guard unsafe chmod(next.string, 0o600) == 0, unsafe rename(next.string, file.string) == 0 else {
            throw Errno(rawValue: errno)
        }
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

import Logging
import SecretaryCore
import Subprocess
import SystemPackage

/// Starts the mount, which returns when its files can be read and leaves its server behind.
struct MountStart {
    private let settings: PluginSettings
    private let logger: Logger

    /// More of what it says is no use in an answer to Docker.
    private static let limit = 16 << 10

    init(_ settings: PluginSettings, _ logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// - Parameter mounter: the path of `secretaryctl`.
    /// - Returns: why there is no mount; `nil` when there is one.
    func run(_ mounter: FilePath) async -> SecretaryError? {
        do {
            try Folders.make(settings.mountRoot, mode: 0o755)
            let result = try await Subprocess.run(
                .path(mounter), arguments: Arguments(settings.mountArguments), workingDirectory: "/", input: .none,
                output: .discarded, error: .string(limit: Self.limit))
            let said = result.standardError.split(separator: "\n").joined(separator: "; ")
            guard result.terminationStatus.isSuccess else {
                return SecretaryError(.mount, "cannot mount at \(settings.mountRoot): \(said)")
            }
            if !said.isEmpty { logger.warning("\(said)") }
            logger.notice("mounted at \(settings.mountRoot)")
            return nil
        } catch let error as SecretaryError {
            return error
        } catch {
            return SecretaryError(
                .mount, "cannot start \(mounter): \(error)", hint: "--secretaryctl says where the program is")
        }
    }
}
